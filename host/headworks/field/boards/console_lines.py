"""What a line for a board's console would do, as far as the host must know. Pure."""

from headworks_fw.wire import WireError, encode

RESTARTING = ("maint", "restart")
_LONGEST_ID = 1 << 31


def closes(words: list[str]) -> bool:
    """Whether a console line could switch an output on or arm it, now or once it is confirmed."""
    return words[:1] == ["confirm"] or (words[:1] == ["set"] and words[2:] in (["on"], ["arm"]))


def fits(line: str, address: int) -> bool:
    """Whether a console line fits into a frame."""
    try:
        longest = {"i": _LONGEST_ID, "c": "con", "l": line, "bt": "0" * 8, "by": _LONGEST_ID}
        encode("do", longest, address)
    except WireError:
        return False
    return True
