"""A person at a cable: looking is free, acting takes a PIN, and nothing comes of noise."""

import asyncio
import copy
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.places import PIN, Place, sit
from headworks.faces.console import session, teletype
from headworks.faces.console.history import ShortHistory
from headworks.faces.console.teletype import HungUpError
from web.places import STATE

AYESHA, BILAL = ("ayesha", "operator"), ("bilal", "technician")
ESCAPES = "\x1b[2J\x07\u202eevil"


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """A pseudo-terminal has no gaps, so a line is quiet sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teletype, "QUIET_S", 0.03)
        yield


def test_every_word_that_looks_is_free(tmp_path: Path) -> None:
    """Without a PIN, on 80 columns, with nothing but characters; long answers stop at a screen."""

    async def work(place: Place) -> None:
        for line, told in (
            ("status", "racks 12 of 12 on, 432 kW"), ("why a1", "a1: Running on surplus"),
            ("why zz", "no rack here is called"), ("racks", "b6  running  36.0 kW"),
            ("meters", "incomer  -55.0 kW, 50.02 Hz  is good"), ("boards", "board air runs"),
            ("alarms", "no alarms"), ("trips", "nothing has tripped"), ("help", "* takes a PIN."),
            ("log", "a6: Starting"), ("net", "this machine is"), ("stat", "did you mean status?"),
        ):  # fmt: skip
            assert told in await place.person.line(line, told)
        assert place.acts == []

    sit(tmp_path, work)


def test_an_enter_may_be_two_characters(tmp_path: Path) -> None:
    """A new line that comes by itself right after the return is no second line."""

    async def work(place: Place) -> None:
        place.person.type("why a1\r")
        await place.person.until("why a1\n")  # the prompt has taken the return
        place.person.type("\n")
        await place.person.until("a1: Running", "demo>")

    sit(tmp_path, work)


def test_acting_takes_a_pin_and_goes_with_who_and_from_where(tmp_path: Path) -> None:
    """The station gets name, role and "serial" for its journal."""

    async def work(place: Place) -> None:
        await place.person.line("rack a1 off", "takes a PIN and the role technician")
        await place.person.log_in("ayesha")
        await place.person.line("rack a1 lock new fan", "a1 is locked out, until: rack a1 unlock")
        await place.person.line("ack incomer", "incomer was seen")
        await place.person.line("off", "\ndemo>")
        await place.person.line("rack a1 off", "takes a PIN and the role technician")
        sent = [{key: one[key] for key in one if key not in ("id", "op")} for one in
                place.station.commands]  # fmt: skip
        who = {"actor": "ayesha", "role": "operator", "from": "serial"}
        assert sent == [
            {"action": "lock", "target": "a1", "note": "new fan", **who},
            {"action": "ack", "target": "incomer", "note": "", **who},
        ]
        assert PIN not in place.person.screen.text

    sit(tmp_path, work, AYESHA)


def test_a_pin_in_the_wrong_place_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Typed in place of a name it is neither tried, nor in the log, nor brought back by arrows."""

    async def work(place: Place) -> None:
        await place.person.line(f"pin {PIN}", "the PIN is asked for by itself; write: pin NAME")
        await place.person.line(f"pin ayesha {PIN}", "write: pin [NAME]")
        await place.person.line("pin zoya", "PIN of zoya")
        await place.person.line("111111", "this is not the PIN")
        place.person.type("\x1b[A\x1b[A\x1b[A")
        await place.person.until("pin zoya")
        await place.person.line("\x15net", "lo up")
        assert PIN not in place.person.screen.text.partition("this is not the PIN")[2]

    sit(tmp_path, work, AYESHA)
    said = capsys.readouterr().err
    assert PIN not in said
    assert "zoya" not in said
    assert "serial: no PIN of anybody here: this is not the PIN" in said


def test_what_was_typed_does_not_grow_for_ever(tmp_path: Path) -> None:
    """Of the lines of a cable the newest are brought back by arrows; the next person gets none."""
    history = ShortHistory()
    for number in range(1000):
        history.append_string(f"why a{number}")
    assert history.get_strings() == [f"why a{number}" for number in range(900, 1000)]
    history.clear()
    assert history.get_strings() == []

    async def work(place: Place) -> None:
        await place.person.line("why a1", "a1: Running")
        place.person.type("exit\r")
        await place.person.until("Looking is free", "demo>")
        await place.person.line("\x1b[Anet", "this machine is")

    sit(tmp_path, work, AYESHA, sessions=2)


def test_what_energises_is_typed_twice(tmp_path: Path) -> None:
    """Only the very name goes on; Enter, yes, Ctrl-C, Ctrl-D and a paste do nothing."""
    wrong = ("\r", "yes\r", "a2\r", "A1\r", "\x03", "\x04", "a1x\r", "a1\rracks\r")
    lines = ("rack a1 auto", "rack a1 unlock", "reset a1")

    async def work(place: Place) -> None:
        await place.person.log_in("ayesha")
        for line, answer in zip(itertools.cycle(lines), wrong, strict=False):
            await place.person.line(line, "Type a1 to go on:")
            place.person.type(answer)
            await place.person.until("(operator)>")
        assert place.acts == []
        for line in lines:
            await place.person.line(line, "Type a1 to go on:")
            await place.person.line("a1", "(operator)>")
        assert place.acts == [("auto", "a1"), ("unlock", "a1"), ("reset", "a1")]

    sit(tmp_path, work, AYESHA)


def test_a_technician_gives_no_power(tmp_path: Path) -> None:
    """May lock out, and is told which role the rest takes."""

    async def work(place: Place) -> None:
        await place.person.line("pin", "whose? write: pin NAME")
        await place.person.log_in("bilal")
        for line in ("rack a1 auto", "rack a1 unlock", "reset a1"):
            await place.person.line(line, "takes the role operator; you are technician")
        await place.person.line("rack a1 off", "a1 is kept off")
        assert place.acts == [("off", "a1")]

    sit(tmp_path, work, BILAL, AYESHA)


def test_whoever_types_nothing_is_logged_off(tmp_path: Path) -> None:
    """In the middle of a line too, and what was typed is gone."""

    async def work(place: Place) -> None:
        await place.person.log_in("ayesha")
        place.person.type("rack a1 o")
        await place.person.until("logged off after")
        await place.person.line("ff", "no word here is 'ff'")
        assert place.acts == []

    sit(tmp_path, work, AYESHA, idle_s=1.5)


def test_a_confirmation_that_does_not_come_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time runs out, nothing is done, and the console lives on."""
    monkeypatch.setattr(session, "ANSWER_S", 0.2)

    async def work(place: Place) -> None:
        monkeypatch.setattr(session, "ANSWER_S", 15.0)
        await place.person.log_in("ayesha")
        monkeypatch.setattr(session, "ANSWER_S", 0.2)
        await place.person.line("rack a1 auto", "nothing was done")
        place.person.type("pin ayesha\r")
        await place.person.until("PIN of ayesha:", "(operator)>")
        assert place.acts == []

    sit(tmp_path, work, AYESHA)


def test_tab_completes_and_arrows_bring_back(tmp_path: Path) -> None:
    """Words, and the names of this site; a PIN is in no history."""

    async def work(place: Place) -> None:
        await place.person.log_in("ayesha")
        place.person.type("why b\t")
        await place.person.until("> why b")
        place.person.type("\t")
        await place.person.until("b3 b4 b5 b6")
        await place.person.line("3", "b3: Running")
        await place.person.line("\x1b[A\x7f4", "b4: Running")
        place.person.type("\x1b[A" * 9)
        await place.person.until("pin ayesha")
        assert PIN not in place.person.screen.text

    sit(tmp_path, work, AYESHA)


def test_a_paste_of_a_megabyte_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logged in, with lines that would be good one at a time: none is carried out."""
    monkeypatch.setattr(teletype, "QUIET_S", 0.5)  # however slow this machine is now
    paste = b"rack a1 off\r" * (1_000_000 // 12)

    async def work(place: Place) -> None:
        person = place.person
        await person.log_in("ayesha")
        left = memoryview(paste)
        while left:
            try:
                left = left[os.write(person.fd, left[:2000]) :]
            except BlockingIOError:
                await asyncio.sleep(0)
            person.take()
        await person.until("more came right behind that line; nothing was done")
        await person.line("racks", "b6  running")
        person.type(b"x" * 3000 + b"\r")
        await person.until("damaged or too long; nothing was done")
        assert place.acts == []

    sit(tmp_path, work, AYESHA)


_NOISE = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=30),
        st.sampled_from([b"\r", b"\x1b[A\r", b"rack a1 auto", b"reset a1\r", b"a1", b"\x03",
                         b"\x04", b"\t\t", b"pin ayesha\r", b"exit\r", b"watch\r"]),
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(noise=_NOISE)
def test_noise_neither_ends_it_nor_energises(
    tmp_path_factory: pytest.TempPathFactory, noise: list[bytes]
) -> None:
    """Any bytes, some of them words, while an operator is logged in: after it the console answers,
    and no rack has been given power."""

    async def work(place: Place) -> None:
        await place.person.log_in("ayesha")
        for piece in noise:
            place.person.type(piece)
            await asyncio.sleep(0)
            place.person.take()
        for _ in range(3):  # out of whatever is asked, or shown
            place.person.type("\x03")
            await asyncio.sleep(0.05)
            place.person.take()
        if not place.task.done():
            await place.person.line("why a1", "a1: Running")
        assert place.task.done() is False or place.task.exception() is None
        assert [one for one in place.acts if one[0] not in ("off", "lock", "ack")] == []

    sit(tmp_path_factory.mktemp("n"), work, AYESHA)


def test_a_cable_that_is_pulled_ends_the_session_and_nothing_else(tmp_path: Path) -> None:
    """Between the line and its confirmation: nothing is done, and nobody is logged in any more."""

    async def work(place: Place) -> None:
        await place.person.log_in("ayesha")
        await place.person.line("rack a1 auto", "Type a1 to go on:")
        os.write(place.person.fd, b"a1\r")
        os.close(place.person.fd)
        place.person.fd = -1
        with pytest.raises(HungUpError):
            await asyncio.wait_for(place.task, 10.0)
        assert place.acts == []

    sit(tmp_path, work, AYESHA)


def test_names_steer_no_terminal(tmp_path: Path) -> None:
    """Escapes in every text of the station are shown as what they are; other letters too."""
    state = copy.deepcopy(STATE)
    state["site"]["name"] = f"سائٹ{ESCAPES}"
    state["alarms"] = [{"source": ESCAPES, "severity": "alarm", "code": "storage",
                        "values": {"error": ESCAPES}}]  # fmt: skip
    state["racks"] = state["racks"][:2]
    for rack in state["racks"]:
        rack.update(name=ESCAPES, note=ESCAPES, locked_by=ESCAPES, state="locked-out")
    for board in state["boards"]:
        board.update(name=ESCAPES, cause=ESCAPES, state="lost")
    for meter in state["meters"]:
        meter.update(name=ESCAPES, cause=ESCAPES)

    async def work(place: Place) -> None:
        for word in ("status", "racks", "meters", "boards", "alarms", "trips", "log"):
            await place.person.line(word, ">")
        place.person.type("why \t\t")
        await place.person.until("why")
        place.person.type("\x03")
        await place.person.line("racks", "\\x1b[2J\\x07\\u202eevil")

    sit(tmp_path, work, state=state)  # the screen fails at the first byte that is no character


def test_without_a_station_it_says_so_and_lives(tmp_path: Path) -> None:
    """The words that want none still work, and it is there again when the station is."""

    async def work(place: Place) -> None:
        await place.station.stop()
        await place.person.line("status", "the station is not running")
        await place.person.line("net", "this machine is")
        await place.station.start()
        await place.person.line("status", "racks 12 of 12 on")

    sit(tmp_path, work)


def test_watch_tells_news_until_a_key(tmp_path: Path) -> None:
    """An overview at once; the key itself is no part of the next line."""

    async def work(place: Place) -> None:
        place.person.type("watch\r")
        await place.person.until("any key ends", "racks 12/12 on")
        place.person.type("x")
        await place.person.until("demo>")
        await place.person.line("alarms", "no alarms")

    sit(tmp_path, work)
