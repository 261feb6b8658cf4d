"""A site file as it may be shown: what is a secret, or may hold one, is hidden. Pure.

`headworks check` refuses passwords in a site file, yet the file that lies there may not have been
checked, and the address of a webhook is often a secret by itself. Lines keep their numbers.
"""

import re

HIDDEN = "(hidden)"
_KEYS = "pass_?word|passwd|passphrase|pin|token|api_?key|secret|user(?:name)?|headers|authorization"
_TEXT = r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_VALUE = rf"(?:{_TEXT}|\[[^\]]*\]?|\{{[^}}]*\}}?|[^\s,}}#]+)"
_SECRET = re.compile(rf"(?i)(?<![\w.-])([\"']?(?:{_KEYS})[\"']?\s*=\s*){_VALUE}")
_PERSON = re.compile(r"(://)[^/\s\"'@]+@")
_HOOK = re.compile(r"(?i)((?<![\w.-])[\"']?url[\"']?\s*=\s*[\"']*https?://[^/?#\s\"']*)[^\s\"']+")


def hidden(text: str) -> str:
    """The text without its secrets."""
    text = _SECRET.sub(lambda m: m[1] + HIDDEN + "\n" * m[0][len(m[1]) :].count("\n"), text)
    return _HOOK.sub(rf"\1/{HIDDEN}", _PERSON.sub(rf"\1{HIDDEN}@", text))
