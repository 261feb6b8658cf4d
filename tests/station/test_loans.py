"""A board's port that was lent to a client of the socket, and clients that are gone."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from headworks.faces.client import StationClient
from headworks.field.boards import Boards
from headworks.model.site import BoardSpec
from headworks.station.socket import StationSocket
from station.test_desk import Office

AIR = BoardSpec("air", "pico-air", "serial:/dev/none", zone=("a1",))
WHO = "ayesha"


class Place:
    """A station's socket with one board behind it."""

    def __init__(self, path: Path, server: StationSocket, boards: Boards) -> None:
        self.path, self.server, self._boards = path, server, boards

    @property
    def is_lent(self) -> bool:
        return self._boards.views()[0].state.value == "lent"

    async def until_back(self) -> None:
        async with asyncio.timeout(5.0):
            while self.is_lent:
                await asyncio.sleep(0.005)

    async def borrower(self) -> StationClient:
        """A client that has borrowed the port."""
        client = StationClient(self.path)
        await client.connect()
        await client.board("lend", "air", actor=WHO, for_s=300.0)
        return client


def serve(folder: Path, work: Callable[[Place], Awaitable[None]]) -> str:
    """Run a test body; what the station has logged."""

    async def body() -> str:
        office = Office(folder / "memory.db", (AIR,))
        office.keeper.start(0.0)
        boards = office.desk._boards
        await boards.start()
        server = StationSocket(folder / "station.sock", office.desk)
        await server.start()
        try:
            async with asyncio.timeout(20.0):
                await work(Place(folder / "station.sock", server, boards))
        finally:
            await server.stop()
            await boards.stop()
            office.bench.loop.stop()
            office.store.close()
            office.keeper.close(0, 10.0)
            office.journal.close()
        return office.log.text

    return asyncio.run(body())


def test_a_port_comes_back_when_its_client_is_gone(tmp_path: Path) -> None:
    """A client that was killed returns nothing, and five minutes are long."""

    async def work(place: Place) -> None:
        client = await place.borrower()
        assert place.is_lent
        await client.close()
        await place.until_back()

    assert "its client has gone" in serve(tmp_path, work)


def test_a_loan_is_not_ended_by_the_client_of_an_earlier_one(tmp_path: Path) -> None:
    """Whoever has returned a port has no more to do with it."""

    async def work(place: Place) -> None:
        first = await place.borrower()
        await first.board("return", "air", actor=WHO)
        second = await place.borrower()
        await first.close()
        async with asyncio.timeout(5.0):
            while len(place.server.clients) > 1:
                await asyncio.sleep(0.005)
        assert place.is_lent
        await second.board("return", "air", actor=WHO)
        assert not place.is_lent
        await second.close()

    assert "its client has gone" not in serve(tmp_path, work)


def test_a_port_that_is_ours_again_is_not_handed_out(tmp_path: Path) -> None:
    """Both were asked in one breath, and the journal kept the first answer waiting."""

    async def work(place: Place) -> None:
        reader, writer = await asyncio.open_unix_connection(place.path)
        who = {"board": "air", "actor": WHO, "role": "operator"}
        asked = [{"id": 1, "op": "lend", "for_s": 300.0, **who}, {"id": 2, "op": "return", **who}]
        writer.write("".join(json.dumps(one) + "\n" for one in asked).encode())
        replies: dict[int, dict[str, object]] = {}
        while len(replies) < 2:
            told = json.loads(await reader.readline())
            replies |= {told["id"]: told} if "id" in told else {}
        writer.close()
        assert not place.is_lent
        assert replies[2]["ok"] is True
        assert replies[1]["ok"] is False
        assert "asked back" in str(replies[1]["error"])

    serve(tmp_path, work)
