"""Signs of life, timing, start limit, alarms of the station, and its log."""

import io
import json
import logging
import os
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from headworks.faces.words import sentence
from headworks.model.live import Action, Command
from headworks.model.plan import Alarm, Reason, ReasonCode, Severity
from headworks.station import journal
from headworks.station.alarms import LATE_SHOWN_S, StationAlarms
from headworks.station.heart import Heart
from headworks.station.journal import Journal, JournalHandler
from headworks.station.notify import Notify
from headworks.station.starts import LIMIT, WITHIN_S, Starts
from headworks.station.timing import Timing
from station.parts import NotingSwitches, a_site


def listener(path: Path) -> socket.socket:
    """A notify socket as systemd has it."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(str(path))
    found.settimeout(5.0)
    return found


def test_notices_arrive_as_systemd_wants_them(tmp_path: Path) -> None:
    """One datagram of lines for each notice."""
    with listener(tmp_path / "notify") as systemd:
        notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notify.send("READY=1", "STATUS=x")
        assert systemd.recv(100) == b"READY=1\nSTATUS=x"
        notify.close()
        notify.send("READY=1")


def test_notices_reach_an_abstract_socket() -> None:
    """An address that begins with @ is in the abstract namespace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0headworks-test-" + str(os.getpid()))
        systemd.settimeout(5.0)
        notify = Notify({"NOTIFY_SOCKET": f"@headworks-test-{os.getpid()}"})
        notify.send("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"
        notify.close()


def test_without_systemd_nothing_is_sent_and_nothing_breaks(tmp_path: Path) -> None:
    """No socket, or one that has gone, is no fault of the station."""
    Notify({}).send("READY=1")
    notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notify.send("READY=1")
    notify.close()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_time_is_ours_only(environ: dict[str, str], expected: float | None) -> None:
    """A watchdog meant for another process is not fed."""
    assert Notify(environ).watchdog_s == expected


def test_the_heart_beats_no_more_often_than_wanted(tmp_path: Path) -> None:
    """Many scans a second toggle and feed at their own pace."""
    with listener(tmp_path / "notify") as systemd:
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
        switches = NotingSwitches()
        site = a_site("a1", deadman="hat.8")
        heart = Heart(site, switches, Notify(environ))
        for tenth in range(21):
            heart.beat(tenth / 10)
        assert len(switches.told) == 21  # this site's dead-man wants every scan
        systemd.setblocking(False)
        fed = 0
        while True:
            try:
                systemd.recv(100)
            except BlockingIOError:
                break
            fed += 1
        assert fed == 3


@pytest.mark.parametrize(
    ("deadman", "scan_s", "after_s", "stands"),
    [
        ("hat.8", 1.0, 2.0, False),
        ("hat.8", 1.0, 2.1, True),
        ("hat.8", 30.0, 59.0, False),
        ("hat.8", 30.0, 61.0, True),
        (None, 1.0, 99.0, False),
    ],
)
def test_a_dead_man_that_was_not_renewed_stands(
    deadman: str | None, scan_s: float, after_s: float, stands: bool
) -> None:
    """Two scan periods without a toggle, and its contactor counts as open; before any, not."""
    site = a_site("a1", scan_s=scan_s, deadman=deadman)
    heart = Heart(site, NotingSwitches(), Notify({}))
    assert not heart.stands(50.0)
    heart.beat(100.0)
    heart.beat(100.0 + after_s, renew=False)
    assert heart.stands(100.0 + after_s) is stands


@pytest.mark.parametrize(
    ("starts_s", "in_time"),
    [
        ((0.0, 1.0, 2.0), True),
        ((0.0, 1.4), True),
        ((0.0, 1.6), False),
        ((0.0, 60.0), False),
        ((100.0,), True),
    ],
)
def test_a_scan_that_comes_late_is_late(starts_s: tuple[float, ...], in_time: bool) -> None:
    """More than one and a half periods after the one before is late; a first scan never is."""
    timing = Timing(1.0)
    answers = [timing.begin(start_s) for start_s in starts_s]
    assert answers[-1] is in_time
    assert timing.late == (0 if in_time else 1)


def test_figures_of_the_scans() -> None:
    """The 99th percentile is of the last scans, and a slow scan counts as late."""
    timing = Timing(1.0)
    assert (timing.p99_us(), timing.last_us()) == (0.0, 0.0)
    for number in range(100):
        assert timing.end(float(number), number * 1e-6)
    assert timing.p99_us() == pytest.approx(99.0)
    assert timing.last_us() == pytest.approx(99.0)
    assert not timing.end(101.0, 1.6)
    assert (timing.count, timing.late) == (101, 1)


def test_too_many_bad_starts_are_a_crash_loop(tmp_path: Path) -> None:
    """Catalogue row 56: five starts without an orderly end, and the sixth has to wait."""
    starts = Starts(tmp_path / "starts.json", "boot-1")
    for number in range(LIMIT):
        assert starts.wait_s(100.0 + number) == 0.0
        starts.begin(100.0 + number)
    assert Starts(tmp_path / "starts.json", "boot-1").wait_s(110.0) == pytest.approx(WITHIN_S - 10)
    assert starts.wait_s(100.0 + WITHIN_S) == 0.0
    assert Starts(tmp_path / "starts.json", "boot-2").wait_s(110.0) == 0.0


def test_an_orderly_end_counts_nothing_and_a_refused_start_does_not_count(tmp_path: Path) -> None:
    """A port in use is no crash; and what ended well forgets what went before."""
    starts = Starts(tmp_path / "starts.json", "boot-1")
    for number in range(LIMIT - 1):
        starts.begin(100.0 + number)
    starts.begin(104.0)
    starts.forget(104.5)
    assert starts.count(105.0) == LIMIT - 1
    assert starts.wait_s(105.0) == 0.0
    starts.end()
    assert starts.count(105.0) == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"boot": "boot-1"}', '{"boot":"boot-1","starts_s":["x"]}']
)
def test_a_damaged_list_of_starts_is_an_empty_one(tmp_path: Path, text: str) -> None:
    """It must not keep the station from starting; systemd's own limit stands beside it."""
    (tmp_path / "starts.json").write_text(text)
    assert Starts(tmp_path / "starts.json", "boot-1").count(1.0) == 0


def test_starts_without_a_disk_do_not_stop_the_station(tmp_path: Path) -> None:
    """A folder that is not there is the memory's alarm, not a crash."""
    Starts(tmp_path / "none" / "starts.json", "b").begin(1.0)


def test_station_alarms_begin_and_end_once() -> None:
    """Trouble is an event when it begins and when it ends, and an alarm in between."""
    alarms, timing = StationAlarms(), Timing(1.0)
    alarms.look(1.0, timing, "disk full")
    alarms.look(2.0, timing, "disk full")
    assert [(e.source, e.kind) for e in alarms.fresh()] == [("memory", "alarm")]
    assert [a.reason.code for a in alarms.lasting()] == [ReasonCode.STORAGE]
    alarms.look(3.0, timing, "")
    assert [(e.source, e.kind) for e in alarms.fresh()] == [("memory", "alarm-end")]
    assert not alarms.lasting()


def test_a_late_scan_is_an_alarm_for_a_while() -> None:
    """Lateness that comes again and again shows as one alarm."""
    alarms, timing = StationAlarms(), Timing(1.0)
    timing.begin(0.0)
    timing.begin(5.0)
    alarms.look(5.0, timing, "")
    assert [a.reason for a in alarms.lasting()] == [
        Reason(ReasonCode.SCAN_LATE, (("late_s", 4.0),))
    ]
    alarms.look(5.0 + LATE_SHOWN_S, timing, "")
    assert not alarms.lasting()


def test_alarms_of_boards_end_one_by_one() -> None:
    """A lost board and a channel without a value begin and end by themselves."""
    alarms = StationAlarms()
    lost = Alarm("air", Severity.ALARM, Reason(ReasonCode.BOARD_UNKNOWN))
    ill = Alarm("safety.fan1_rpm", Severity.WARNING, Reason(ReasonCode.CHANNEL_UNKNOWN))
    alarms.look_at_boards(1.0, [lost, ill])
    alarms.look_at_boards(2.0, [ill])
    assert [(e.source, e.kind) for e in alarms.fresh()] == [
        ("air", "alarm"),
        ("safety.fan1_rpm", "alarm"),
        ("air", "alarm-end"),
    ]
    assert tuple(alarms.lasting()) == (ill,)
    alarms.look_at_boards(3.0, [])
    assert not alarms.lasting()


def test_alarms_of_one_source_do_not_hide_each_other() -> None:
    """Two codes of one source are two alarms."""
    alarms = StationAlarms()
    for code in (ReasonCode.STORAGE, ReasonCode.STORAGE_CORRUPT):
        alarms.raise_alarm(1.0, Alarm("memory", Severity.ALARM, Reason(code)))
    assert len(tuple(alarms.lasting())) == 2


def test_a_board_that_comes_and_goes_does_not_flood_the_log() -> None:
    """Its alarm is there or not as it is; that it came and went is told a few times a minute."""
    alarms = StationAlarms()
    lost = Alarm("air", Severity.ALARM, Reason(ReasonCode.BOARD_UNKNOWN, (("state", "lost"),)))
    for n in range(1000):
        alarms.look_at_boards(n * 0.01, [lost] if n % 2 else [])
        assert len(tuple(alarms.lasting())) == n % 2
    assert len(alarms.fresh()) == 12
    alarms.look_at_boards(70.0, [])
    told = [(event.kind, *event.reason.values[-1]) for event in alarms.fresh()]
    assert ("alarm", "held_back", 493.0) in told


def test_a_channel_that_flickers_stays_a_warning_until_it_has_kept_well() -> None:
    """The first time it ends at once; one that comes back does not fill the records for a day."""
    values = ("quality", "not-available"), ("fault", "ABSENT")
    ill = Alarm("air.intake_c", Severity.WARNING, Reason(ReasonCode.CHANNEL_UNKNOWN, values))
    alarms, told = StationAlarms(), []
    for n in range(24 * 360):
        alarms.look_at_boards(n * 10.0, [ill] if n % 2 else [])
        told += alarms.fresh()
        if n == 2:
            assert tuple(alarms.lasting()) == ()
    assert [event.kind for event in told] == ["alarm", "alarm-end", "alarm"]
    (lasting,) = alarms.lasting()
    assert sentence(lasting.reason.code, dict(lasting.reason.values)).startswith(
        "No value from time to time, last: the sensor does not answer (ABSENT)"
    )
    for n in range(62):
        alarms.look_at_boards(90_000.0 + n * 10.0, [])
    assert [event.kind for event in alarms.fresh()] == ["alarm-end"]
    alarms.look_at_boards(100_000.0, [ill])
    alarms.look_at_boards(100_010.0, [])
    assert tuple(alarms.lasting()) == ()


def logged(*writes: tuple[int, str, dict[str, object]]) -> str:
    stream = io.StringIO()
    log = Journal(stream)
    for priority, what, fields in writes:
        log.write(priority, what, **fields)
    log.close()
    return stream.getvalue()


def test_a_line_has_priority_words_and_figures() -> None:
    """One event, one line, readable by people and by programs."""
    text = logged(
        (journal.INFO, "start", {"source": "a1", "need_kw": 37.80001, "note": "two words"})
    )
    assert text == '<6>start source=a1 need_kw=37.8 note="two words"\n'


def test_names_cannot_forge_lines_or_steer_terminals() -> None:
    """Catalogue row 50: control characters and quotes are escaped."""
    text = logged((4, "x", {"note": 'a\n<0>evil\x1b[2J"', "k": "a=b", "e": ""}))
    assert text.count("\n") == 1
    assert "\x1b" not in text
    note = text[text.index("note=") + 5 : text.index(" k=")]
    assert json.loads(note) == 'a\n<0>evil\x1b[2J"'
    assert 'k="a=b" e=""' in text


def test_drivers_log_into_the_journal() -> None:
    """A warning of a driver is a line with its logger and, where there is one, its error."""
    stream = io.StringIO()
    log = Journal(stream)
    logger = logging.getLogger("headworks.test")
    handler = JournalHandler(log)
    logger.addHandler(handler)
    try:
        raise OSError("no such port")
    except OSError:
        logger.exception("meter lost")
    finally:
        logger.removeHandler(handler)
        log.close()
    expected = '<3>"meter lost" logger=headworks.test error="OSError(\'no such port\')"\n'
    assert stream.getvalue() == expected


class StuckStream(io.StringIO):
    """A pipe that nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait(30.0)
        return super().write(text)


def test_a_reader_that_hangs_costs_lines_and_nothing_else() -> None:
    """Writing to the log never waits; what was lost is counted in the next line."""
    stream = StuckStream()
    log = Journal(stream)
    for number in range(3000):
        log.write(6, "event", n=number)
    stream.free.set()
    end_s = time.monotonic() + 10.0
    while "later" not in stream.getvalue() and time.monotonic() < end_s:
        log.write(6, "later")
    log.close()
    lines = stream.getvalue().splitlines()
    kept = sum(line.startswith("<6>event") for line in lines)
    assert 1900 < kept <= 2100  # the queue, and one piece on its way out
    told = sum(int(line.partition("lines_lost=")[2] or 0) for line in lines)
    assert told >= 3000 - kept


def test_the_station_reads_the_wall_clock_for_people_only() -> None:
    """Catalogue row 15: a stepped clock can touch no timer, since none of them looks at it."""
    folder = Path(journal.__file__).parent
    users = {
        file.name
        for file in folder.glob("*.py")
        if re.search(r"time\.time\(|datetime|localtime|gmtime|CLOCK_REALTIME", file.read_text())
    }
    assert users == {"desk.py", "keeper.py"}  # the line "time" of the state, stamps of records


def test_an_alarm_of_the_station_is_acknowledged_with_who() -> None:
    """What lasts is marked as seen in the journal; what does not last is not the station's."""
    alarms = StationAlarms()
    reason = Reason(ReasonCode.STORAGE, (("error", "full"),))
    alarms.raise_alarm(0.0, Alarm("memory", Severity.ALARM, reason))
    alarms.fresh()
    command = Command("1", "ayesha", "technician", Action.ACK, "memory", "seen")
    assert alarms.acknowledge(1.0, command)
    (event,) = alarms.fresh()
    assert (event.source, event.kind, event.note) == ("memory", "command", "seen")
    assert dict(event.reason.values) == {"action": "ack", "actor": "ayesha", "role": "technician"}
    assert len(list(alarms.lasting())) == 1
    assert not alarms.acknowledge(1.0, command._replace(target="station"))
    assert alarms.fresh() == []
