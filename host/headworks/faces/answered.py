"""What other parts of the station say in English, in another language where that has it. Pure.

Causes and errors are made where they happen, as text, with names and figures in it; a language
has for each its English with {names} in place of those, and its own text with the same names.
"""

import re
from collections.abc import Mapping
from functools import cache

_NAME = re.compile(r"\\{(\w+)\\}")


def answered(text: str, answers: Mapping[str, str], *, isolate: bool = False) -> str:
    """`text` as the first of `answers` that fits has it; as it was where none does.

    What stands for a name may be such a text itself.
    """
    for english, ours in answers.items():
        found = _pattern(english).fullmatch(text)
        if found is not None:
            inner = {k: answered(v, answers, isolate=isolate) for k, v in found.groupdict().items()}
            return ours.format_map({k: _apart(v) if isolate else v for k, v in inner.items()})
    return text


def _apart(text: str) -> str:
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


@cache
def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_NAME.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
