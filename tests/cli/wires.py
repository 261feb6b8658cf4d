"""A board on a wire to the host's own terminal, and a station's socket that is none. For tests."""

import contextlib
import json
import os
import pty
import select
import socketserver
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

from firmware.process import CONFIG, Board, flash
from headworks_fw import wire

RS485 = {"kind": "rs485", "uart": 0, "tx": 0, "rx": 1, "de": 5, "baud": 115200}


class Wire:
    """The path that the host opens; `lose`: number of an `x` line → how often it is lost."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.lose: dict[int | None, int] = {}
        self._host, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self._wake, self._end = os.pipe()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def close(self) -> None:
        """Pull the plug."""
        os.close(self._end)
        self._thread.join()
        for fd in (self._host, self._slave, self._wake):
            os.close(fd)

    def _carry(self) -> None:
        line = b""
        while True:
            ready = select.select([self.board.master, self._host, self._wake], [], [])[0]
            if self._wake in ready:
                return
            if self._host in ready:
                os.write(self.board.master, os.read(self._host, 4096))
            if self.board.master in ready:
                try:
                    *lines, line = (line + os.read(self.board.master, 4096)).split(b"\n")
                except OSError:  # Linux says EIO once the board's program has ended
                    return
                os.write(self._host, b"".join(one + b"\n" for one in lines if self._stays(one)))

    def _stays(self, line: bytes) -> bool:
        item = wire.decode(line) if line.startswith(b"~") else None
        number = item.fields.get("k") if isinstance(item, wire.Frame) and item.kind == "x" else None
        left = self.lose.get(number, 0)
        self.lose[number] = left - 1
        return left <= 0


@contextlib.contextmanager
def wired(python, root: Path, *, name: str, address: int = 0, **more: object) -> Iterator[Wire]:
    """A board that is flashed and started, with a safety board's contacts and its relay.

    `more`: of its configuration.
    """
    link = RS485 if address else CONFIG["link"]
    flash(root, python, {**CONFIG, "name": name, "address": address, "link": link, **more})
    board = Board(python, root)
    board.start()
    made = Wire(board)
    try:
        yield made
    finally:
        made.close()
        board.stop()


class _Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            request = json.loads(line)
            reply = {"id": request["id"], "ok": True, **self.server.answer(request)}
            self.wfile.write(json.dumps(reply).encode() + b"\n")


@contextlib.contextmanager
def station(
    path: Path, lines: list[str], boards: list[dict] | None = None
) -> Iterator[socketserver.UnixStreamServer]:
    """A socket with the board "air" whose console answers everything with these lines.

    It lends no port.
    """

    def answer(request: dict) -> dict:
        if request["op"] == "state":
            return {"state": {"boards": boards or [{"name": "air"}], "racks": [], "alarms": []}}
        return {"ok": False, "error": "not lent"} if request["op"] == "lend" else {"lines": lines}

    with socketserver.ThreadingUnixStreamServer(str(path), _Asked) as server:
        server.daemon_threads = True
        server.answer = answer
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
