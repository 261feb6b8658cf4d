"""The parts of the demo: the training copy of a site, the printer, the leash, the sign."""

import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from faces.held_states import held, told
from headworks.cli.child import Pipe
from headworks.cli.crew import Sign
from headworks.cli.demo import STARTS, add_arguments, fill_in
from headworks.cli.demo_run import opening, own_command
from headworks.cli.demo_site import TEMPLATE, free_port, training_copy
from headworks.cli.demo_sum import summary, summary_text
from headworks.cli.parser import Parser
from headworks.cli.printer import Printer
from headworks.cli.shows import LineShow
from headworks.sim.days import DAYS
from headworks.site import check
from tools.states import state


def _copy(text: str) -> list[str]:
    ports = count(50001)
    return training_copy(text, Path("/tmp/d"), lambda: next(ports)).splitlines()


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ('connect = "tcp://10.0.0.11:502"', 'connect = "tcp://127.0.0.1:50001"'),
        ("connect='rtu+tcp://gw:502'  # far", 'connect="rtu+tcp://127.0.0.1:50001"  # far'),
        ('listen = "tcp://0.0.0.0:502"', 'listen = "tcp://127.0.0.1:50001"'),
        ('connect = "serial:/dev/ttyUSB0"', 'connect = "serial:/tmp/d/tty0"'),
        ('connect = "usb:e6614103e7174c2f"', 'connect = "serial:/tmp/d/tty0"'),
        ('connect = "nonsense"', 'connect = "nonsense"'),
        ('# connect = "tcp://10.0.0.11:502"', '# connect = "tcp://10.0.0.11:502"'),
        ('name = "tcp://10.0.0.11:502"', 'name = "tcp://10.0.0.11:502"'),
    ],
)
def test_addresses_become_places_of_this_machine(line, becomes):
    """Only addresses change, and what cannot be understood is left for the check to name."""
    assert _copy(line)[0] == becomes


def test_shared_bus_stays_shared():
    """The same address gets the same place, another one another."""
    lines = _copy('connect = "serial:/a"\nconnect = "serial:/b"\nconnect = "serial:/a"')
    assert lines[0] == lines[2] != lines[1]


def test_pins_are_simulated_and_lines_keep_their_numbers():
    """The site's own [gpio] is out of force, and every line stays where it was."""
    lines = _copy('[gpio]\nfactory = "lgpio"\n[site]\nname = "x"')
    assert lines[1] == '# factory = "lgpio"'
    assert lines[3] == 'name = "x"'
    assert lines[-3:] == ["[gpio]", 'factory = "headworks-sim"', 'connect = "/tmp/d/pins.sock"']


def test_demo_site_is_good_and_shows_what_it_should():
    """The demo's own site has no mistake, twelve racks of 36 kW, nested feeders and short timers."""
    site, problems = check(TEMPLATE.read_text(encoding="utf-8"), "demo_site.toml")
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert site is not None
    assert [rack.rated_kw for rack in site.racks] == [36.0] * 12
    assert {rack.kind.value for rack in site.racks} == {"asic", "gpu"}
    assert [feeder.parent for feeder in site.feeders] == [None, "tx1", "tx1"]
    assert max(rack.min_on_s for rack in site.racks) < 10
    assert "SHORT TIMERS" in TEMPLATE.read_text(encoding="utf-8")
    lines = [meter.connect for meter in site.meters if meter.connect.startswith("serial:")]
    assert len(lines) == 2, "two meters share one serial line"
    assert len(set(lines)) == 1
    buttons = {lock.name: lock.local_reset for lock in site.interlocks if lock.local_reset}
    assert buttons == {"safety-smoke": "safety.reset"}, (
        "the button on the safety board does something"
    )


def test_each_day_begins_before_its_surplus_and_lasts_five_minutes():
    """A built-in day shows ten hours, a recording a whole day; what was asked for stays."""
    parser = Parser()
    add_arguments(parser)
    for day in DAYS:
        args = parser.parse_args(["--day", day])
        fill_in(args)
        assert (args.start, args.speed, args.for_s) == (STARTS[day], 120.0, 300.0)
    args = parser.parse_args(["--data", "a.csv", "--date", "2017-06-18"])
    fill_in(args)
    assert (args.start, args.speed, args.for_s) == (None, 288.0, 300.0)
    args = parser.parse_args(["--speed", "3600", "--for", "3", "--start", "11:00"])
    fill_in(args)
    assert (args.start, args.speed, args.for_s) == ("11:00", 3600.0, 3.0)


def test_it_says_at_once_how_long_it_runs_and_on_what():
    """When it ends, how to run longer, and whether the boards run real MicroPython; 80 columns."""
    lines = opening(300.0, "boards run real MicroPython 1.29.0", ".venv/bin/headworks").splitlines()
    assert lines == [
        "Ends after 5 min, or --for SECONDS; boards run real MicroPython 1.29.0.",
        "Ctrl-C ends. Second terminal: .venv/bin/headworks sim fault meter-silent all",
    ]
    assert max(map(len, lines)) <= 80
    assert opening(60.0, "", "headworks").startswith("Ends after 1 min, or --for SECONDS.\n")


def test_plain_lines_tell_the_way_back_when_it_changes(capsys):
    """Once, not with every scan; and ages, for the day here runs faster than the clock."""
    show = LineShow("hint", lambda: None)
    latched = state(interlocks=[held("smoke")], alarms=[told("smoke")])
    for shown in (latched, latched, state(), latched):
        show.see(shown, "10:00")
    show.close(None, "the sum")
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("10:00  way back: headworks reset smoke") == 2
    assert lines[0] == "hint"


def test_the_demo_says_how_its_button_is_pressed(capsys):
    """A button of a board that is not there is a fault of the simulator."""
    show = LineShow("hint", lambda: None)
    for contact in ("safety.reset", "hat.in5"):
        show.see(state(interlocks=[held("smoke", reset_at=contact)]), "10:00")
    show.close(None, "the sum")
    ways = [line for line in capsys.readouterr().out.splitlines() if "way back" in line]
    assert ways == [
        "10:00  way back: press safety.reset (here: headworks sim fault reset-pressed safety "
        "--for 1) at the racks",
        "10:00  way back: press hat.in5 at the racks",
    ]


def test_command_for_the_second_terminal_can_be_typed(tmp_path, monkeypatch):
    """By name where the shell finds this very `headworks`, else by a path that exists."""
    binaries = tmp_path / "my env" / "bin"
    binaries.mkdir(parents=True)
    for name in ("python", "headworks"):
        (binaries / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (binaries / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(binaries / "python"))
    monkeypatch.setenv("PATH", str(binaries))
    assert own_command() == "headworks"
    monkeypatch.setenv("PATH", "")
    assert own_command() == f"'{binaries / 'headworks'}'"
    monkeypatch.chdir(tmp_path)
    assert own_command() == "'my env/bin/headworks'"
    (binaries / "headworks").unlink()
    assert own_command() == f"'{binaries / 'python'}' -m headworks"


def test_free_port_can_be_listened_on():
    """A free port is a port of this machine, and two in a row may both be used."""
    assert 1024 <= free_port() <= 65535


def test_printer_writes_everything_in_order():
    """Closing waits until all items are written, oldest first."""
    written: list[int] = []
    printer = Printer(written.append, lambda: None, keep=100)
    for number in range(50):
        printer.put(number)
    assert printer.close()
    assert written == list(range(50))


def test_printer_drops_the_oldest_for_a_slow_reader():
    """A reader that stands still costs the oldest items, never the caller's time."""
    started, go_on = threading.Event(), threading.Event()
    written: list[int] = []

    def write(item):
        started.set()
        assert go_on.wait(20)
        written.append(item)

    printer = Printer(write, lambda: None, keep=3)
    printer.put(0)
    assert started.wait(20)
    for number in range(1, 10):
        printer.put(number)
    assert not printer.close(within_s=0.05)
    go_on.set()
    assert printer.close(20)
    assert written == [0, 7, 8, 9]
    assert printer.dropped == 6


def test_printer_says_when_the_reader_is_gone():
    """A broken pipe ends the printer and is told once."""
    told = []

    def write(item):
        raise BrokenPipeError

    printer = Printer(write, lambda: told.append(True), keep=3)
    printer.put(1)
    assert printer.close(20)
    assert told == [True]


def test_leash_ends_a_command_when_the_holder_lets_go():
    """A process on a leash ends by its own SIGTERM as soon as the other end of the pipe closes."""
    pipe = Pipe()
    script = (
        "import signal, sys; from headworks.cli import leash; leash.hold(int(sys.argv[1]));"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('held', flush=True);"
        "signal.pause()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(pipe.read_end)],
        pass_fds=(pipe.read_end,),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    assert process.poll() is None
    pipe.drop()
    pipe.drop()  # does no harm to whatever has the number now
    assert process.wait(20) == 7
    process.stdout.close()


def test_sign_leaves_living_sockets_alone(tmp_path):
    """A second terminal is led to the demo, but never away from what runs there already."""
    runtime, demo = tmp_path / "run", tmp_path / "demo"
    demo.mkdir()
    (demo / "sim.sock").touch()
    (demo / "station.sock").touch()
    first, second = Sign(demo, runtime), Sign(tmp_path / "other", runtime)
    assert first.post()
    assert (runtime / "sim.sock").resolve() == demo / "sim.sock"
    assert not second.post()
    second.take_down()
    assert (runtime / "sim.sock").is_symlink()
    first.take_down()
    assert list(runtime.iterdir()) == []


def test_sign_of_a_killed_demo_is_replaced(tmp_path):
    """A link that leads nowhere is taken over."""
    runtime = tmp_path / "run"
    gone = Sign(tmp_path / "gone", runtime)
    gone.post()
    os.close(gone._held)  # as its process ends
    assert Sign(tmp_path / "new", runtime).post()
    assert (runtime / "sim.sock").readlink() == tmp_path / "new" / "sim.sock"


def test_two_demos_that_begin_at_once_do_not_share_a_sign(tmp_path):
    """The first one's sockets are still to come; its second terminal must not reach the other."""
    runtime, demos = tmp_path / "run", [tmp_path / "one", tmp_path / "two"]
    signs = [Sign(demo, runtime) for demo in demos]
    assert [sign.post() for sign in signs] == [True, False]
    assert {link.readlink().parent for link in runtime.iterdir()} == {demos[0]}
    signs[1].take_down()
    signs[0].take_down()
    assert signs[1].post()
    signs[1].take_down()
    assert list(runtime.iterdir()) == []


def test_sign_is_not_put_where_others_may_write(tmp_path):
    """In a folder that others may write no link is set, since they could bend it."""
    runtime = tmp_path / "run"
    runtime.mkdir()
    os.chmod(runtime, 0o777)
    assert not Sign(tmp_path / "demo", runtime).post()
    assert list(runtime.iterdir()) == []


TRUTH = {
    "t_s": 300.0,
    "day": {"name": "clear", "note": "built-in day", "speed": 288.0},
    "energy": {"available_kwh": 10.0, "used_kwh": 8.0, "imported_kwh": 0.5, "racks_kwh": 8.5},
    "racks": [
        {"name": "a1", "switchings": 3, "closed": False},
        {"name": "a2", "switchings": 4, "closed": True},
    ],
    "boards_run": "boards run real MicroPython 1.29.0",
    "faults": [{"name": "weld", "target": "a2"}],
}


def test_summary_is_of_the_day_that_was_played():
    """Energies are those of the played day, shares of what there was, counts rack by rack."""
    found = summary(TRUTH)
    assert (found["day_h"], found["available_kwh"], found["imported_kwh"]) == (24.0, 2880.0, 144.0)
    assert found["used_share"] == 0.8
    assert found["imported_share"] == pytest.approx(0.5 / 8.5, abs=1e-4)
    assert found["switchings_per_rack"] == 3.5
    assert found["closed_at_end"] == ["a2"]
    assert found["faults"] == ["weld a2"]


def test_summary_of_a_day_without_surplus_has_no_share():
    """A share of nothing is not a number, and the text says so."""
    energy = dict.fromkeys(TRUTH["energy"], 0.0)
    found = summary(TRUTH | {"energy": energy})
    assert found["used_share"] is None
    assert found["imported_share"] is None
    assert "surplus: none came" in summary_text(found)


def test_summary_text_says_what_stayed_on():
    """A contactor that is still closed at the end is named; a missing account is said."""
    assert summary_text(summary(TRUTH)).splitlines()[-1] == "STILL ON: a2"
    assert "no account" in summary_text(None)
