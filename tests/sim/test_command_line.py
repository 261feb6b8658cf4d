"""`headworks sim` as people and scripts use it: serve, fault, faults, status, setpoint."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from headworks.cli import sim as cli
from headworks.cli.main import main
from headworks.field.signals.scada import Scada
from headworks.model.live import Quality
from headworks.model.site import SetpointSignal
from headworks.sim import master
from headworks.sim.client import SimError, ask
from headworks.sim.faults.kinds import KINDS
from sim import running, sites

ANY = "tcp://127.0.0.1:0"


@pytest.fixture(name="sim")
def start(tmp_path):
    with running.InThread(sites.small(ANY), tmp_path) as started:
        yield started


def run(capsys, *words):
    """Exit code, standard output and standard error of a command."""
    code = main(["sim", *words])
    got = capsys.readouterr()
    return code, got.out, got.err


def test_faults_are_listed(sim, tmp_path, capsys):
    """Every fault is listed with its sentence and this site's targets."""
    code, out, _ = run(capsys, "faults", "--socket", str(tmp_path / "sim.sock"))
    assert code == 0
    assert "meter-silent" in out
    assert "The meter does not answer." in out
    assert "meter: incomer, a1-meter" in out
    rows = json.loads(run(capsys, "faults", "--json", "--socket", str(tmp_path / "sim.sock"))[1])
    assert {"name", "aim", "says", "value", "unit", "targets"} == set(rows[0])


def test_a_fault_is_put_shown_and_cleared(sim, tmp_path, capsys):
    """A fault acts, stands in the status, and ends by its name or all at once."""
    where = ("--socket", str(tmp_path / "sim.sock"))
    assert run(capsys, "fault", "weld", "a1", *where)[:2] == (
        0,
        "weld a1: acts until: headworks sim fault weld a1 --clear\n",
    )
    code, out, _ = run(capsys, "fault", "cloud", "--value", "0.5", "--for", "60", *where)
    assert (code, out) == (0, "cloud 0.5 of 1: acts for 60 s\n")
    assert "fault weld a1: acts until: " in run(capsys, "status", *where)[1]
    assert run(capsys, "fault", "weld", "--clear", *where)[1] == "weld a1: ended\n"
    assert run(capsys, "fault", "weld", "--clear", *where)[1] == "nothing was acting\n"
    assert run(capsys, "fault", "all", "--clear", *where)[1] == "cloud: ended\n"


def test_a_wrong_fault_is_one_line(sim, tmp_path, capsys):
    """A mistake exits 1 with one line on standard error and nothing else."""
    code, out, err = run(capsys, "fault", "wled", "a1", "--socket", str(tmp_path / "sim.sock"))
    assert (code, out) == (1, "")
    assert err == "headworks sim: no fault 'wled'; did you mean weld?\n"


def test_without_a_simulator(tmp_path, capsys):
    """Without a simulator every question says how to start one."""
    code, _, err = run(capsys, "status", "--socket", str(tmp_path / "none.sock"))
    assert code == 1
    assert "start `headworks sim serve --site SITE`" in err


def test_faults_are_listed_without_a_simulator(tmp_path, capsys, monkeypatch):
    """Whoever plans a backtest needs the names only; that targets are left out is said."""
    monkeypatch.setenv("HEADWORKS_SIM_SOCKET", str(tmp_path / "none.sock"))
    code, out, err = run(capsys, "faults")
    assert code == 0
    assert all(f"{name} " in out for name in KINDS)
    assert "at a meter" in out
    assert "no simulator runs" in err
    assert run(capsys, "faults", "--socket", str(tmp_path / "none.sock"))[0] == 1


def test_status_is_the_truth(sim, tmp_path, capsys):
    """Status gives true powers, racks and books, as text and as JSON, whatever meters say."""
    sim.fault("sign-flip", "incomer")
    sim.simulator.world.tell("hat.1", True, sim.simulator.clock())
    running.until_blocking(lambda: sim.simulator.world.state.racks_kw > 30)
    where = ("--socket", str(tmp_path / "sim.sock"))
    true = json.loads(run(capsys, "status", "--json", *where)[1])
    assert true["grid_kw"] < -300
    assert true["meters"][0]["power_kw"] == pytest.approx(true["grid_kw"], abs=20)
    first = true["racks"][0]
    assert (first["name"], first["told"], first["closed"], first["switchings"]) == (
        "a1",
        True,
        True,
        1,
    )
    assert true["started_s"] < first["told_s"] < time.monotonic()
    books = true["energy"]
    assert books["used_kwh"] == pytest.approx(books["racks_kwh"])
    assert 0 < books["used_share"] < 1
    assert books["imported_kwh"] == 0
    text = run(capsys, "status", *where)[1]
    assert "exports" in text
    assert "a1          told on, closed" in text


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"nonsense\n", "this is not JSON"),
        (b"[1]\n", "a JSON object with op is wanted"),
        (b'{"op": "fly"}\n', "no op 'fly'"),
        (
            b'{"op": "fault", "name": "cloud", "value": "much"}\n',
            "value must be a number, not 'much'",
        ),
        (b'{"op": "fault", "name": "cloud", "for_s": true}\n', "for_s must be a number"),
    ],
)
def test_bad_requests_get_an_answer(sim, tmp_path, line, error):
    """A request that makes no sense is answered, and the connection goes on."""

    async def talk():
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "sim.sock"))
        writer.write(line + b'{"op": "serves"}\n')
        replies = [json.loads(await reader.readline()) for _ in range(2)]
        writer.close()
        return replies

    bad, well = asyncio.run(talk())
    assert bad["ok"] is False
    assert error in bad["error"]
    assert well["serves"]["site"] == "test"


def test_the_client_tells_refusals(sim, tmp_path):
    """A refusal of the simulator is an error with its text."""
    with pytest.raises(SimError, match="which rack"):
        ask(tmp_path / "sim.sock", "fault", name="weld")


SITE = """
[site]
name = "sim-test"
timezone = "UTC"

[[meter]]
name = "incomer"
model = "sdm630"
connect = "serial:{folder}/bus"
unit = 1
sign = "import-positive"

[[feeder]]
name = "tx1"
meter = "incomer"
rating_kw = 500

[[signal]]
name = "export"
kind = "export"
meter = "incomer"

[[switch]]
name = "hat"
model = "relay-hat-8"

[[rack]]
name = "a1"
kind = "asic"
rated_kw = 36
feeder = "tx1"
switch = "hat.1"

[gpio]
factory = "headworks-sim"
connect = "{folder}/pins.sock"
"""


@pytest.fixture(name="site_file")
def write_site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(folder=tmp_path), encoding="utf-8")
    return path


def serve(site_file, *words, **more):
    """The command in a process of its own."""
    socket = site_file.parent / "sim.sock"
    command = [
        sys.executable,
        "-m",
        "headworks",
        "sim",
        "serve",
        "--site",
        str(site_file),
        "--socket",
        str(socket),
    ]
    return subprocess.Popen(
        [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_and_ends_cleanly(site_file, number):
    """It says what it serves, then `ready`; Ctrl-C or SIGTERM ends it with 0 and nothing left."""
    folder = site_file.parent
    with serve(site_file, "--day", "clear", "--speed", "288") as process:
        lines = []
        while not lines or lines[-1] not in ("ready\n", ""):
            lines.append(process.stdout.readline())
        text = "".join(lines)
        assert "simulating sim-test" in text, process.stderr.read()
        assert f"serial:{folder}/bus: incomer (unit 1)" in text
        assert ask(folder / "sim.sock", "status")["status"]["day"]["name"] == "clear"
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    assert {p.name for p in folder.iterdir()} == {"site.toml"}


def test_serve_for_scripts(site_file):
    """--json gives one line when ready, and --ready-fd gets one line too."""
    out, fd = os.pipe()
    with serve(site_file, "--json", "--ready-fd", str(fd), pass_fds=(fd,)) as process:
        os.close(fd)
        told = json.loads(process.stdout.readline())
        with os.fdopen(out) as ready:
            assert ready.read() == "ready\n"
        process.terminate()
        process.wait(10)
    assert told["ready"] is True
    assert told["pins"] == str(site_file.parent / "pins.sock")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--data", "none.csv"], 1, "--data needs --date"),
        (["--date", "2017-06-21"], 1, "--date needs --data"),
        (["--data", "none.csv", "--date", "21.6.2017"], 1, "write it as 2017-06-21"),
        (["--data", "none.csv", "--date", "2017-06-21"], 1, "none.csv: cannot be read"),
        (["--start", "25:00"], 1, "write a time of day such as 06:30"),
        (["--speed", "0"], 1, "--speed 0: write a number above 0"),
        (["--pv-kw", "-1"], 1, "--pv-kw -1: write a number 0 or more"),
        (["--pins", "/proc/no/pins.sock"], 4, "/proc/no/pins.sock: "),
    ],
)
def test_serve_refuses_in_one_line(site_file, tmp_path, capsys, words, code, says):
    """What cannot be served ends with its exit code and one line, and nothing is left behind."""
    got = main(
        ["sim", "serve", "--site", str(site_file), "--socket", str(tmp_path / "s.sock"), *words]
    )
    shown = capsys.readouterr()
    assert got == code
    assert shown.err.startswith("headworks sim: ")
    assert says in shown.err
    assert shown.err.count("\n") == 1
    assert {p.name for p in tmp_path.iterdir()} == {"site.toml"}


def test_serve_names_what_is_wrong_with_the_site(tmp_path, capsys):
    """A file that is not there exits 2 with one line."""
    assert main(["sim", "serve", "--site", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.startswith("headworks sim: ")


def order(limit_kw, valid_s, *, beat_s=None, beats=0, last_beat=None):
    """Order through the master to the station's own setpoint server: what it says, what it holds."""
    said, changes = [], []

    async def run():
        station = Scada(
            SetpointSignal("sp", "tcp://127.0.0.1:0"),
            lambda: None,
            lambda: changes.append(1),
            time.monotonic,
        )
        await station.start()
        if last_beat is not None:
            station.write(1, 6, 3, [last_beat])
        spec = SetpointSignal("sp", f"tcp://127.0.0.1:{station.port}")
        task = asyncio.create_task(
            master.order(spec, limit_kw, valid_s, beat_s=beat_s, say=said.append)
        )
        try:
            if beat_s is None:
                await task
                assert station.read(1, 3, 3, 1)[0] != last_beat
            else:
                await running.until(lambda: station.read(1, 3, 3, 1)[0] > beats)
            return station.value(time.monotonic())
        finally:
            task.cancel()
            await station.stop()

    return said, asyncio.run(run())


@pytest.mark.parametrize("limit_kw", [200.0, 0.0, None, 7000.0])
def test_the_master_orders(limit_kw):
    """The station holds the order: its limit, no limit for none, zero watts for 0."""
    said, value = order(limit_kw, 60)
    assert (value.quality, value.limit_kw) == (Quality.GOOD, limit_kw)
    assert said == [f"order 1: {'no limit' if limit_kw is None else f'{limit_kw:g} kW'} for 60 s"]


@pytest.mark.parametrize("last_beat", [0, 1, 2, 65535])
def test_the_master_moves_the_heartbeat(last_beat):
    """An order comes with another heartbeat than the last, or it would be a dead master's."""
    _, value = order(200.0, 60, last_beat=last_beat)
    assert value.limit_kw == 200.0


def test_the_master_beats():
    """With a beat it goes on changing the heartbeat, and the order stays."""
    _, value = order(200.0, 60, beat_s=0.01, beats=3)
    assert value.limit_kw == 200.0


def test_the_master_tells_refusals():
    """A refused order and a station that is not there are told."""
    with pytest.raises(master.MasterError, match="refused with exception 3"):
        order(200.0, 0)
    nobody = SetpointSignal("sp", f"tcp://127.0.0.1:{sites.free_port()}")
    with pytest.raises(master.MasterError, match="is the station running"):
        asyncio.run(master.order(nobody, 1.0, 60, beat_s=None, say=print))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--kw", "much"], "--kw much: write kW from 0"),
        (["--kw=-5"], "--kw -5: write kW from 0"),
        (["--kw", "nan"], "--kw nan: write kW from 0"),
        (["--kw", "5", "--valid-for", "99999"], "--valid-for 99999: write seconds"),
        (["--kw", "5"], "the site has these setpoints: none"),
    ],
)
def test_setpoint_mistakes_are_one_line(site_file, capsys, words, says):
    """An order that makes no sense is refused before anything is written."""
    if "setpoints" not in says:
        more = '\n[[signal]]\nname = "sp"\nkind = "setpoint"\nlisten = "tcp://127.0.0.1:5502"\n'
        site_file.write_text(site_file.read_text() + more, encoding="utf-8")
    code, _, err = run(capsys, "setpoint", "--site", str(site_file), *words)
    assert code == 1
    assert err.startswith("headworks sim: ")
    assert says in err
    assert err.count("\n") == 1


def test_arguments_stay_known():
    """The options that scripts use are there."""
    import argparse

    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    args = parser.parse_args(["serve", "--site", "x", "--data", "a.csv.gz", "--date", "2017-06-21", "--load", "Zone1", "--irradiance", "general diffuse flows", "--pv-kw", "900", "--peak-load-kw", "450"])  # fmt: skip
    assert (args.pv_kw, args.peak_load_kw, args.speed) == (900.0, 450.0, 1.0)
