"""The commands that talk to the station, and `headworks run` where it cannot run."""

import asyncio
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from faces.held_states import held
from headworks import paths
from headworks.cli.main import main
from headworks.cli.records_options import meant
from headworks.faces.trips import trips
from station.substation import Substation, play, until, until_view
from tools.states import state

COMMANDS = [
    ["status"],
    ["status", "--watch", "--json"],
    ["racks"],
    ["rack", "a1", "off"],
    ["trips"],
    ["reset", "a1"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_station_there_is_one_clear_line(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not there, and how to start it; exit code 3."""
    assert main([*words, "--socket", str(tmp_path / "none.sock")]) == 3
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("headworks: the station is not running: nobody answers at ")
    assert error.endswith("start it with: headworks run --site SITE, or try: headworks demo\n")


def test_a_site_file_with_mistakes_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same lines as `headworks check` gives, and exit code 1."""
    site = tmp_path / "site.toml"
    site.write_text('[site]\nname = "x"\nzone = "UTC"\n')
    assert main(["run", "--site", str(site), "--state", str(tmp_path / "state")]) == 1
    ran = capsys.readouterr().err.splitlines()
    assert main(["check", str(site)]) == 1
    checked = "".join(capsys.readouterr())
    assert ran
    assert all(line in checked for line in ran)
    assert not (tmp_path / "state").exists()


def test_a_site_file_that_is_not_there_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2."""
    assert main(["run", "--site", str(tmp_path / "none.toml")]) == 2
    error = capsys.readouterr().err
    assert "no such file" in error
    assert error.count("\n") == 1


def test_commands_against_a_running_station(tmp_path: Path) -> None:
    """What people type does what it says, and a pipe gets plain lines."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = -100.0
        async with place.station():
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            await until_view(place, lambda s: all(r["state"] == "running" for r in s["racks"]))
            await look(place)
            await act(place)

    async def look(place: Substation) -> None:
        code, out, _ = await place.cli("status")
        assert code == 0
        assert "racks 3/3 on" in out
        code, out, _ = await place.cli("status", "--json")
        assert json.loads(out)["site"]["name"] == "test"
        code, out, _ = await place.cli("racks")
        rows = [line.split("\t") for line in out.splitlines()]
        assert [row[:3] for row in rows] == [[f"a{n}", "asic", "running"] for n in (1, 2, 3)]
        assert all(row[5].endswith(".") for row in rows)
        assert "\x1b" not in out
        code, out, _ = await place.cli("racks", "--json")
        assert [rack["name"] for rack in json.loads(out)] == ["a1", "a2", "a3"]
        assert (await place.cli("trips"))[:2] == (
            0,
            "nothing has tripped, latched or is locked out\n",
        )

    async def act(place: Substation) -> None:
        assert (await place.cli("rack", "a1", "off"))[:2] == (
            0,
            "a1 is kept off, until: headworks rack a1 auto\n",
        )
        await until(lambda: place.relays.coils[:3] == [0, 1, 1])
        assert (await place.cli("rack", "a1", "auto"))[0] == 0
        await until(lambda: place.relays.coils[:3] == [1, 1, 1])
        code, out, error = await place.cli("reset", "a1")
        assert (code, out) == (1, "")
        assert error == "headworks: refused: a1 is neither latched nor locked.\n"
        code, _, error = await place.cli("rack", "b1", "off")
        assert code == 1
        assert 'no rack here is called "b1"' in error

    play(tmp_path, work)


def test_a_month_takes_site_and_records_that_belong_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the station that runs where no file is here; one's own site never with its records."""
    monkeypatch.delenv("HEADWORKS_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("HEADWORKS_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setattr(paths, "SERVICE_SITE", tmp_path / "etc.toml")
    monkeypatch.setattr(paths, "SERVICE_STATE", tmp_path / "var")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc.toml").touch()
    (tmp_path / "there").mkdir()
    own, service = tmp_path / "own" / "headworks" / "records", tmp_path / "etc.toml"

    def found(site: Path | None = None) -> tuple[Path, Path]:
        return meant(Namespace(site=site, records=None))

    async def work(place: Substation) -> None:
        async with place.station():
            await until_view(place, lambda _: True)
            monkeypatch.setenv("HEADWORKS_SOCKET", str(place.socket))
            theirs = (place.site, place.state / "records")
            assert await asyncio.to_thread(found) == theirs
            assert await asyncio.to_thread(found, place.site) == theirs
            Path("site.toml").touch()
            assert await asyncio.to_thread(found) == (Path("site.toml"), own)

    assert found() == (service, own)
    play(tmp_path / "there", work)


RACK: dict[str, Any] = {
    "name": "a1", "state": "off", "code": "no-surplus", "values": {}, "note": "",
    "locked_by": "", "latched": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("rack", "expected"),
    [
        (RACK, []),
        ({**RACK, "state": "locked-out", "locked_by": "omar"}, ["headworks rack a1 unlock"]),
        ({**RACK, "state": "faulted", "latched": True}, ["headworks reset a1"]),
        ({**RACK, "state": "tripped"}, [""]),
        ({**RACK, "state": "tripped", "values": {"interlock": "smoke"}}, ["headworks reset smoke"]),
        (
            {**RACK, "state": "tripped", "values": {"interlock": "heat"}},
            ["press a.reset at the racks"],
        ),
        ({**RACK, "state": "tripped", "values": {"interlock": "leak"}}, [""]),
    ],
)
def test_a_trip_comes_with_its_way_out(rack: dict[str, Any], expected: list[str]) -> None:
    """Each thing that holds a rack off is listed with what frees it; no latch wants no reset."""
    locks = [held("smoke"), held("heat", reset_at="a.reset"), held("leak", latched=False)]
    found = trips(state(racks=[rack], boards=[], interlocks=locks))
    assert [item["way_out"] for item in found] == expected


def test_what_a_board_opened_by_itself_is_a_trip() -> None:
    """With the reset that it wants; the end of a lease is cleared by the station."""
    boards = [
        {"name": "safety", "latches": {"permit": "smoke"}, "to_reset": ["permit"]},
        {"name": "door", "latches": {"permit": "lease"}, "to_reset": []},
    ]
    (found,) = trips(state(racks=[], boards=boards))
    assert found["way_out"] == "headworks reset safety"


def test_alarms_are_listed_and_infos_are_not() -> None:
    """A person looks for what needs doing."""
    alarms = [
        {"source": "memory", "severity": severity, "code": "storage", "values": {}}
        for severity in ("info", "warning", "alarm")
    ]
    found = trips(state(racks=[], boards=[], alarms=alarms))
    assert [item["state"] for item in found] == ["warning", "alarm"]


def test_a_client_finds_the_system_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a user has no station of their own, the service's socket is taken; a wish always wins."""
    service, own = tmp_path / "service.sock", tmp_path / "run" / "station.sock"
    monkeypatch.setattr(paths, "SERVICE_SOCKET", service)
    monkeypatch.setenv("HEADWORKS_RUNTIME", str(own.parent))
    monkeypatch.delenv("HEADWORKS_SOCKET", raising=False)
    assert paths.found_station_socket() == own
    service.touch()
    assert paths.found_station_socket() == service
    own.parent.mkdir()
    own.touch()
    assert paths.found_station_socket() == own
    own.unlink()
    monkeypatch.setenv("HEADWORKS_SOCKET", str(own))
    assert paths.found_station_socket() == own
