"""The demo end to end: racks start, and however it ends nothing stays on and nothing stays."""

import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import psutil
import pytest

from tools.runs import ENDS_S, command, environment, named, running, some_rack_on
from tools.terminal import on_terminal
from waiting import until_blocking


@pytest.fixture
def folder():
    """A folder with a path so short that sockets fit below it."""
    with tempfile.TemporaryDirectory(prefix="hw-", dir="/tmp") as name:
        yield Path(name)


def test_demo_shows_racks_on_surplus(folder):
    """At a clear noon racks start, each state explains itself, and the summary counts them."""
    with running(folder, "--for", "6") as demo:
        state = demo.until(some_rack_on)
        last = demo.rest()
        assert demo.ended() == 0
        assert state["envelope"]["binding"]["code"]
        assert all(rack["code"] for rack in state["racks"])
        assert {board["name"]: board["state"] for board in state["boards"]} == dict.fromkeys(
            ("air", "thermal", "safety"), "runs"
        )
        assert last["event"] == "summary"
        assert last["boards_run"].startswith(("boards run real MicroPython", "boards run CPython"))
        assert last["used_kwh"] > 0
        assert sum(last["switchings"].values()) > 0
        assert last["closed_at_end"] == []
        assert demo.left() == []
    assert list(folder.glob("headworks-*")) == []
    assert list((folder / "run").iterdir()) == []


def test_clock_of_the_day_runs_with_the_speed(folder):
    """The clock beside each state begins at --start and runs by --speed."""
    with running(folder, "--speed", "1200", "--for", "3") as demo:
        first = demo.until(lambda state: True)
        demo.rest()
        last = demo.states[-1]
        assert first["clock"].startswith(("11:", "12:"))
        run_s = 60 * (_minutes(last["clock"]) - _minutes(first["clock"]))
        assert 0.6 < run_s / (1200 * (last["t_s"] - first["t_s"])) < 1.5


def _minutes(clock: str) -> int:
    return 60 * int(clock[:2]) + int(clock[3:])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_it_with_everything_off(folder, number):
    """Ctrl-C, a terminating signal and a closed terminal leave all contactors truly open."""
    with running(folder) as demo:
        demo.until(some_rack_on)
        demo.process.send_signal(number)
        assert demo.rest()["closed_at_end"] == []
        assert demo.ended() == 0
        assert demo.left() == []


def test_ctrl_c_to_the_whole_group(folder):
    """Ctrl-C in a shell reaches the group; held down, it does not break the orderly end."""
    with running(folder) as demo:
        demo.until(some_rack_on)
        for _ in range(5):
            os.killpg(demo.process.pid, signal.SIGINT)
        assert demo.rest()["closed_at_end"] == []
        assert demo.ended() == 0
        assert demo.left() == []


def test_ctrl_c_before_it_is_ready(folder):
    """Ctrl-C while it starts leaves nothing behind."""
    with running(folder) as demo:
        demo.until_it_has_children()
        demo.process.send_signal(signal.SIGINT)
        assert demo.ended() == 0
        assert demo.left() == []


def test_reader_that_goes_away_ends_it(folder):
    """A closed pipe (`| head -3`) ends the demo in order, without a word on stderr."""
    with running(folder) as demo:
        demo.until(some_rack_on)
        demo.process.stdout.close()
        assert demo.ended() == 0
        assert demo.left() == []
        assert demo.process.stderr.read() == ""


def test_reader_that_stands_still_cannot_hold_it(folder):
    """With a reader that never reads, the demo still ends in time and switches everything off."""
    with running(folder, "--for", "4") as demo:
        assert demo.ended() == 0


def test_killed_demo_takes_its_processes_along(folder):
    """After SIGKILL of the demo the station ends first, then the simulator, by themselves."""
    with running(folder) as demo:
        demo.until(some_rack_on)
        station, sim = named(demo, "run"), named(demo, "serve")
        assert len(demo.children) == 5, "three of them are boards"
        demo.process.kill()
        sim.wait(ENDS_S)
        assert not station.is_running()
        assert demo.left() == []


@pytest.mark.parametrize(("word", "name"), [("serve", "simulator"), ("run", "station")])
def test_fallen_process_is_named_and_the_other_ended(folder, word, name):
    """When simulator or station falls, the demo says which, ends the other, and exits with 1."""
    with running(folder) as demo:
        demo.until(some_rack_on)
        named(demo, word).kill()
        list(demo.lines())
        assert demo.ended() == 1
        assert f"the {name} ended by itself (signal 9)" in demo.process.stderr.read()
        assert demo.left() == []


def test_second_terminal_finds_the_demo(folder):
    """`headworks sim fault` and `headworks racks` reach a running demo without any option."""
    env = environment(folder)
    with running(folder) as demo:
        demo.until(some_rack_on)
        for words in (("sim", "fault", "meter-silent", "incomer"), ("racks",)):
            done = subprocess.run(
                command()[:3] + list(words), env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        demo.until(lambda state: not some_rack_on(state))
        demo.process.send_signal(signal.SIGINT)
        assert demo.rest()["faults"] == ["meter-silent incomer"]


def test_own_site_file_can_be_trained_with(folder):
    """A site file with addresses of real devices runs in the demo, on loopback and simulated pins."""
    site = folder / "site.toml"
    made = subprocess.run(
        [*command()[:3], "init", "--defaults", str(site)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with running(folder, "--site", str(site), "--for", "3") as demo:
        state = demo.until(lambda state: state["meters"][0]["quality"] == "good")
        demo.rest()
        assert demo.ended() == 0
    assert state["site"]["name"] in site.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--site", "no-such.toml"], "no-such.toml: there is no such file"),
        (["--date", "2017-06-21"], "--data"),
        (["--data", "x.csv"], "--date"),
        (["--speed", "0"], "above 0"),
        (["--for", "nan"], "above 0"),
        (["--day", "rainy"], "cloudy"),
    ],
)
def test_wrong_option_is_said_in_a_line(folder, words, said):
    """A wrong option ends the demo at once with exit code 2 and its name, without a traceback."""
    done = subprocess.run(
        command(*words), env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_mistake_in_the_site_file_is_named_with_its_line(folder):
    """A broken site file is refused with the line of the original file."""
    site = folder / "broken.toml"
    site.write_text('[site]\nname = "x"\ntimezone = "UTC"\nscna_s = 1\n')
    done = subprocess.run(
        command("--site", str(site)), env=environment(folder), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"{site}:4:1: error:" in done.stderr


def test_unplayable_recording_is_said(folder):
    """What is wrong with a recording reaches the terminal, and nothing stays."""
    data = folder / "data.csv"
    data.write_text("Date,Zone1\n")
    words = ("--data", str(data), "--date", "2017-06-21")
    done = subprocess.run(
        command(*words), env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no column" in done.stderr
    assert "Traceback" not in done.stderr


def test_terminal_gets_the_live_view(folder):
    """On a terminal the whole view is drawn, and Ctrl-C typed there leaves the summary behind."""
    with on_terminal(folder) as terminal:
        terminal.until("envelope", "running", "no alarms")
        terminal.type("\x03")
        terminal.until("all racks off")
        assert terminal.ended() == 0


def test_closed_terminal_ends_it(folder):
    """When the terminal's window is closed the demo ends and nothing stays."""
    with on_terminal(folder) as terminal:
        terminal.until("envelope", "running")
        children = terminal.children()
        assert len(children) == 3  # simulator, station, page
        terminal.close()
        assert terminal.ended() == 0
        assert psutil.wait_procs(children, timeout=ENDS_S)[1] == []


def test_plain_pipe_gets_lines(folder):
    """Without --json and without a terminal the demo prints plain lines and the summary."""
    done = subprocess.run(
        command("--day", "clear", "--start", "11:00", "--for", "5"),
        env=environment(folder), capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert any("tx1" in line and "envelope" in line for line in lines)
    assert any(": Starting" in line for line in lines)
    assert lines[-1] == "all racks off"
    assert "\x1b" not in done.stdout


def _state_of(url: str) -> dict:
    """What the page is told, once the station's first state has come."""

    def state() -> dict:
        with urllib.request.urlopen(f"{url}/api/state", timeout=10.0) as answer:
            found = json.load(answer)
        return found if "site" in found else {}

    return until_blocking(state, ENDS_S)


def test_the_page_is_served_and_its_address_printed(folder):
    """The first line names the address, and a password made for this demo that signs in there."""
    with subprocess.Popen(
        command("--day", "clear", "--start", "11:00"),
        env=environment(folder), stdout=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        try:
            line = demo.stdout.readline()
            found = re.match(r"Page: (\S+)/ \(to act, sign in as (\S+), password (\w+)\)", line)
            assert found, line
            url, name, password = found.groups()
            body = json.dumps({"name": name, "password": password}).encode()
            kind = {"Content-Type": "application/json", "Origin": url}
            with urllib.request.urlopen(
                urllib.request.Request(f"{url}/api/session", body, kind), timeout=10.0
            ) as answer:
                assert json.load(answer)["role"] == "operator"
            assert _state_of(url)["site"]["name"] == "demo"
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate(timeout=ENDS_S)
    assert demo.returncode == 0


def test_status_lines_are_valid_json_only(folder):
    """Everything on standard output with --json is JSON, and stderr stays empty."""
    done = subprocess.run(
        command("--json", "--for", "2"),
        env=environment(folder), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()][-1] == "summary"
    assert done.stderr == ""
