"""Makes text of people and devices safe to show. Changes nothing that can be printed."""


def clean(text: str) -> str:
    """The text with control characters, terminal escapes and direction marks made visible."""
    return "".join(char if char.isprintable() else _visible(char) for char in text)


def _visible(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
