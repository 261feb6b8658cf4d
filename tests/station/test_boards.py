"""Sensor boards at the station: what clients may ask, which zones are open, what a scan tells."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headworks.field.boards import BoardError
from headworks.model.memory import RackMemory
from headworks.model.site import BoardSpec
from headworks.record.reading import entries
from headworks.station import zones
from headworks.station.board_desk import MOST_CHANGES, BoardDesk
from headworks.station.board_requests import MOST_LENT_S, BoardRequest
from headworks.station.journal import Journal
from headworks.station.keeper import Keeper
from headworks.station.requests import RequestError, Targets, parse
from station.parts import Bench, a_site, first
from station.test_desk import Lines

KNOWN = Targets(("a1", "a2"), (), ("air", "safety"))
WHO = {"actor": "ayesha", "role": "operator"}
SAFETY = BoardSpec("safety", "pico-safety", "serial:/dev/none", zone=("a1",), permissive="permit")


def parsed(**fields: object) -> BoardRequest:
    request = parse(json.dumps({"id": 1, **fields}).encode(), KNOWN).board
    assert request is not None
    return request


@pytest.mark.parametrize("line", ["sensors", "info", "INFO", "log 5"])
def test_what_only_reads_wants_no_name(line: str) -> None:
    """Everybody at the socket may look."""
    request = parsed(op="board", board="air", line=line)
    assert (request.line, request.actor, request.changes) == (line, "", False)


@pytest.mark.parametrize(
    "fields",
    [
        {"op": "board", "line": "maint"},
        {"op": "board", "line": "set name x"},
        {"op": "lend", "for_s": 120},
        {"op": "return"},
    ],
)
def test_what_changes_something_wants_an_actor_with_a_role(fields: dict[str, Any]) -> None:
    """Without one it is refused, with one it is known whose it is."""
    with pytest.raises(RequestError, match="actor"):
        parsed(board="air", **fields)
    assert parsed(board="air", **fields, **WHO).actor == "ayesha"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"op": "board", "board": "wind", "line": "info"}, "there are: air, safety"),
        ({"op": "board", "board": "air"}, "line is missing"),
        ({"op": "board", "board": "air", "line": "ü"}, "plain ASCII"),
        ({"op": "lend", "board": "air", "for_s": 0, **WHO}, "for_s"),
        ({"op": "lend", "board": "air", "for_s": MOST_LENT_S + 1, **WHO}, "for_s"),
        ({"op": "lend", "board": "air", "for_s": True, **WHO}, "for_s"),
        ({"op": "lend", "board": "air", **WHO}, "for_s"),
    ],
)
def test_a_mistake_is_told(fields: dict[str, Any], says: str) -> None:
    """With what may be written instead."""
    with pytest.raises(RequestError, match=says):
        parsed(**fields)


def test_a_reset_may_name_a_board_and_other_commands_may_not() -> None:
    """A board is no rack."""
    good = {"id": 1, "op": "command", "action": "reset", "target": "safety", **WHO}
    command = parse(json.dumps(good).encode(), KNOWN).command
    assert command is not None
    with pytest.raises(RequestError, match="safety"):
        parse(json.dumps({**good, "action": "lock"}).encode(), KNOWN)


class FewBoards:
    """Notes what it is asked, and knows one board."""

    def __init__(self) -> None:
        self.told: list[tuple[frozenset[str], frozenset[str]]] = []

    async def console(self, board: str, line: str, who: str) -> list[str]:
        if board != "air":
            raise BoardError(f"{board}: silent, {who} asked")
        return [line, "24.5"]

    def take_back(self, board: str) -> None:
        pass

    def scanned(
        self, _: Mapping[str, object], permits: frozenset[str], open_zones: frozenset[str]
    ) -> None:
        self.told.append((permits, open_zones))


def answered(folder: Path, log: Lines, requests: Sequence[BoardRequest]) -> list[dict[str, Any]]:
    """What a desk replies to these requests, at once; its records are in the folder."""
    replies: list[dict[str, Any]] = []

    async def go() -> None:
        journal = Journal(log)  # type: ignore[arg-type]
        keeper = Keeper(a_site("a1"), folder, "boot-1")
        keeper.start(0.0)
        desk = BoardDesk(FewBoards(), journal, keeper)  # type: ignore[arg-type]
        for request in requests:
            desk.ask(request, 1000, replies.append, lambda *_: None)
        async with asyncio.timeout(10.0):
            while len(replies) < len(requests):
                await asyncio.sleep(0)
        journal.close()
        assert keeper.close(0, 10.0)

    asyncio.run(go())
    return replies


def test_a_board_is_asked_for_so_many_changes_and_no_more(tmp_path: Path) -> None:
    """A program in a loop fills no journal: it is refused with the time; looking goes on."""
    log = Lines()
    asked = [BoardRequest("board", "safety", "maint", **WHO)] * (MOST_CHANGES + 40)
    others = [
        BoardRequest("board", "safety", "sensors"),
        BoardRequest("board", "air", "maint", **WHO),
        *[BoardRequest("return", "safety", **WHO)] * 50,
    ]
    replies = answered(tmp_path, log, [*asked, *others])
    refused = [r for r in replies if "30 changes within 10 min" in str(r.get("error"))]
    assert len(refused) == 40
    assert "try again in 600 s" in refused[0]["error"]
    kept = [e["source"] for e in entries(tmp_path / "records") if e["kind"] == "asked"]
    assert (kept.count("safety"), kept.count("air"), len(kept)) == (MOST_CHANGES, 1, 31)
    assert log.text.count("asked too often") == 1


def test_a_line_is_answered_and_only_a_change_is_in_the_journal(tmp_path: Path) -> None:
    """What a board answers comes back as lines; what went wrong as one sentence."""
    log = Lines()
    requests = [
        BoardRequest("board", "air", "sensors"),
        BoardRequest("board", "safety", "maint", **WHO),
    ]
    replies = answered(tmp_path, log, requests)
    asked = [e for e in entries(tmp_path / "records") if e["kind"] == "asked"]
    assert [(e["source"], e["values"]["line"]) for e in asked] == [("safety", "maint")]
    assert replies == [
        {"ok": True, "lines": ["sensors", "24.5"]},
        {"ok": False, "error": "safety: silent, ayesha asked"},
    ]
    assert "maint" in log.text
    assert "sensors" not in log.text


@pytest.mark.parametrize(
    ("on", "confirmed", "is_open"),
    [(False, True, True), (True, True, False), (False, False, False), (True, False, False)],
)
def test_a_zone_is_open_when_its_racks_are_told_off_and_confirmed(
    on: bool, confirmed: bool, is_open: bool
) -> None:
    """Racks of other zones do not matter."""
    site = replace(a_site("a1", "a2"), boards=(SAFETY,))
    memory = first(site)
    racks = (memory.racks[0]._replace(on=on, confirmed=confirmed), RackMemory(on=True))
    found = zones.open_zones(site, memory._replace(racks=racks))
    assert found == (frozenset({"safety"}) if is_open else frozenset())


@pytest.mark.parametrize("healthy", [True, False])
def test_only_a_healthy_scan_is_told_to_the_boards(healthy: bool) -> None:
    """A late one, or one whose relay is missing, renews no lease and acknowledges nothing."""
    boards = FewBoards()

    async def go() -> None:
        bench = Bench(replace(a_site("a1"), boards=(SAFETY,)))
        bench.loop.start()
        result = (await bench.result())._replace(healthy=healthy, permits=frozenset({"safety"}))
        bench.loop.stop()
        site = replace(a_site("a1"), boards=(SAFETY,))
        zones.scanned(site, boards, result)  # type: ignore[arg-type]

    asyncio.run(go())
    safety = frozenset({"safety"})
    assert boards.told == ([(safety, safety)] if healthy else [])
