"""A board at its prompt may answer anything: one clear error that names its port, or the truth."""

import json
import os
import pty
import threading
import tty

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headworks.flash import repl, work
from headworks.flash.build import Slot, loader
from headworks.flash.contents import MARK, parse
from headworks.flash.errors import FlashError
from headworks.flash.plan import plan
from headworks.hardware.sensor import load_sensor

PORT = "/dev/ttyX"
TARGET = work.Target("air", load_sensor("pico-air"), 0, lambda: PORT)
WANTED = Slot({"config.json": b"{}"}, b"{}", "0.2.0")
DEEP = "[" * 100_000
HONEST = {
    "mpy": 0x1006, "version": [1, 29, 0], "platform": "rp2", "uid": "e6", "free": 1 << 20,
    "machine": "Raspberry Pi Pico with RP2040", "slot": "a", "tries": "0", "good": "a",
}  # fmt: skip

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([10**400, float("inf"), "²", "1.²", "9" * 5000, "x" * 300]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
found = st.dictionaries(st.sampled_from(sorted([*HONEST, "names"])), values).map(
    lambda more: HONEST | more
)
manifests = st.fixed_dictionaries({}, optional={"fw": values, "files": values}) | values
raw = st.sampled_from(
    ["", DEEP, '{"a":' * 50_000, '{"fw":' + "9" * 5000 + "}", MARK + DEEP, '{"files":' + DEEP]
) | st.text(max_size=60)


def refusal(output: str) -> str:
    """Why an answer is refused before a byte is written; empty where it is not."""
    try:
        told = parse(output, PORT)
        work._check(TARGET, told)
        plan(told, WANTED, loader())
        work.check_version(PORT, told, WANTED, downgrade=False)
    except FlashError as error:
        return str(error)
    return ""


@given(
    told=found.map(json.dumps) | values.map(json.dumps) | raw,
    first=manifests.map(json.dumps) | raw,
    second=manifests.map(json.dumps) | raw,
)
@example(told=json.dumps(HONEST | {"mpy": float("inf")}), first="", second="")
@example(told=json.dumps(HONEST | {"free": float("nan")}), first="", second="")
@example(told=json.dumps(HONEST | {"free": 10**400}), first="", second="")
@example(told='{"mpy": ' + "9" * 5000 + "}", first="", second="")
@example(told=json.dumps(HONEST | {"tries": "²"}), first="", second="")
@example(told=DEEP, first="", second="")
@example(told=json.dumps(HONEST), first=DEEP, second='{"files":' + DEEP)
def test_no_answer_is_a_traceback(told, first, second):
    """Whatever a board tells of itself is understood, or refused as the words of that port."""
    says = refusal(f"LIST a {first}\nLIST b {second}\n{MARK}{told}\n")
    assert not says or says.startswith((PORT, "air: ", "the board has"))


@pytest.mark.parametrize("version", ["1.²", "9" * 5000, "1", "", "0.2", "0.2.0\n", "a.b.c"])
def test_what_is_no_version_is_not_replaced_unasked(version):
    """It may be newer or older, or another firmware altogether; who adds the word is obeyed."""
    listed = json.dumps({"fw": version, "files": {"config.json": "00"}})
    output = f"FILE 00 a/config.json\nLIST a {listed}\n{MARK}{json.dumps(HONEST)}\n"
    told = parse(output, PORT)
    work.check_version(PORT, told, WANTED, downgrade=True)
    if version:
        with pytest.raises(FlashError, match=f"{PORT}: .* is no version; .* --downgrade"):
            work.check_version(PORT, told, WANTED, downgrade=False)


@pytest.mark.parametrize(
    ("fw", "files"), [({"a": 1}, {"config.json": 5}), (7, "x"), (None, []), (True, {})]
)
def test_a_manifest_of_wrong_types_is_no_slot(fw, files):
    """A slot counts as whole by the sums of its files alone."""
    listed = json.dumps({"fw": fw, "files": files})
    told = parse(f"LIST a {listed}\n{MARK}{json.dumps(HONEST)}\n", PORT)
    assert told.active == ""
    assert told.firmware("a") == ""


WHOLE = {slot: json.dumps({"fw": "0.2.0", "files": {"config.json": "00"}}) for slot in "ab"}


@pytest.mark.parametrize(
    ("whole", "names", "refused"),
    [
        ("ab", ["safety", "air"], True),
        ("ab", ["air", "safety"], False),
        ("b", ["air", "safety"], True),
        ("", ["air", "safety"], True),
        ("", ["", "safety"], True),
        ("ab", ["", ""], False),
        ("ab", ["of-no-site", ""], False),
    ],
)
def test_another_board_of_the_site_at_its_prompt_is_not_flashed(whole, names, refused):
    """Its name is in the slot that shall run; where none is whole, in either."""
    lines = [f"FILE 00 {slot}/config.json\nLIST {slot} {WHOLE[slot]}" for slot in whole]
    told = parse("\n".join([*lines, MARK + json.dumps(HONEST | {"names": names})]), PORT)
    target = TARGET._replace(others=frozenset({"safety", "thermal"}))
    work._check(target._replace(others=frozenset()), told)
    if refused:
        with pytest.raises(
            FlashError, match=f"{PORT}: the board there is safety, not air; .*--mod"
        ):
            work._check(target, told)
    else:
        work._check(target, told)


class Stranger:
    """Something at a port that has a raw prompt, and answers each script with these bytes."""

    def __init__(self, answer: bytes, first: bytes = b"") -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path, self._slave, self._answer = os.ttyname(slave), slave, answer
        self._first = first
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        prompt = b"raw REPL; CTRL-B to exit\r\n>"
        replies = {b"\r\x01": self._first + prompt, b"\x04": b"OK\r\nMPY: soft reboot\r\n" + prompt}
        replies[b"\x05A\x01"] = b"R\x00OK" + self._answer
        seen = b""
        while True:
            seen += os.read(self._master, 1)
            for word, reply in replies.items():
                if seen.endswith(word):
                    os.write(self._master, replies.pop(word) and reply)
                    break


@pytest.mark.needs("linux")
def test_a_board_that_never_ends_to_talk_is_no_prompt(monkeypatch):
    """It is read up to a limit, though what is waited for never comes."""
    monkeypatch.setattr(repl, "_MOST_BYTES", 4096)
    stranger = Stranger(b"", first=b"x" * 5000)
    with (
        pytest.raises(FlashError, match=f"{stranger.path}: .*it talks without end"),
        repl.Prompt(stranger.path),
    ):
        pass


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"x\x04\xff\xfe\x1b[2J\x04", "makes no sense .'utf-8' codec"),
        (b"x" * 5000, "makes no sense .it talks without end"),
        (b"\x04OSError: \xc3\xa4\x04", "the board says: OSError: ä"),
        (b"\xff\xfeLIST\x04\x04", "tells of itself makes no sense"),
    ],
)
@pytest.mark.needs("linux")
def test_bytes_that_are_no_answer_are_one_error(monkeypatch, answer, says):
    """No UTF-8, without end, or noise: the port is named, and nothing fills the memory."""
    monkeypatch.setattr(repl, "_MOST_BYTES", 4096)
    stranger = Stranger(answer)
    with (
        pytest.raises(FlashError, match=f"{stranger.path}: .*{says}"),
        repl.Prompt(stranger.path) as prompt,
    ):
        prompt.contents()
