"""Meters and coil boards that are not there, on raw sockets, with a stopwatch.

A process of its own. It serves Modbus TCP from words that it was given and changes what the
first meter shows at a random phase; it takes the time when the reply with the new value goes
out and when the coil writes come back. Blocking sockets and no Modbus library, so that what is
measured is the other side. Talks to `rig` by JSON lines on stdin and stdout.
"""

import json
import os
import random
import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

DEADLINE_S = 30.0  # a trial that takes longer is a failure of the bench, not a slow result


@dataclass
class Client:
    """One connection; `meter` or `board` is the index of what it talks to."""

    link: socket.socket
    meter: int | None
    board: int | None
    rest: bytes = b""


@dataclass
class Trial:
    """One change: surplus until all racks are on, then a deficit until all are off."""

    change_at: float = 0.0
    changed: int = 0  # ns, when the meter began to show the deficit
    replied: int = 0  # ns, when the reply with it went out
    first_off: int = 0  # ns, when the first coil write came back


@dataclass
class Job:
    """A row of trials."""

    left: int = 0
    settle_s: float = 0.05
    phase_s: float = 0.0
    trial: Trial = field(default_factory=Trial)
    deadline: float = 0.0


class Peer:
    """Every meter and board of one bench."""

    def __init__(self, config: dict) -> None:
        self.power = tuple(config["power"])  # function, address of the power register
        self.images = {
            mode: [{int(fc): {int(a): w for a, w in held.items()} for fc, held in image.items()}
                   for image in images]
            for mode, images in config["images"].items()
        }  # fmt: skip
        self.racks = [tuple(rack) for rack in config["racks"]]  # (board, coil)
        self.coils = [bytearray(size) for size in config["boards"]]
        self.mode = "surplus"
        self.turn = 0
        self.cache: dict[tuple, bytes] = {}
        self.job: Job | None = None
        self.asked: list[list[float]] = [[] for _ in range(config["meters"])]
        self.first_reply = 0.0
        self.select = selectors.DefaultSelector()
        self.random = random.Random(1)
        self.ports = {
            "meters": [self._listen(meter, None) for meter in range(config["meters"])],
            "boards": [self._listen(None, board) for board in range(len(self.coils))],
        }

    def _listen(self, meter: int | None, board: int | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        self.select.register(listener, selectors.EVENT_READ, (meter, board))
        return listener.getsockname()[1]

    def run(self) -> None:
        """Serve until stdin ends."""
        self.select.register(sys.stdin.buffer.raw, selectors.EVENT_READ, "control")
        say({"ready": self.ports})
        while True:
            for key, _ in self.select.select(self._step()):
                if key.data == "control":
                    if not self._control():
                        return
                elif isinstance(key.data, Client):
                    self._serve(key.data)
                else:
                    self._accept(key.fileobj, *key.data)

    def _control(self) -> bool:
        lines = os.read(sys.stdin.fileno(), 65536).splitlines()
        for line in lines:
            order = json.loads(line)
            if order["op"] == "trials":
                self.job = Job(order["count"], order["settle_s"], order["phase_s"])
                self.job.deadline = time.monotonic() + DEADLINE_S
            elif order["op"] == "stats":
                say({"first_reply": self.first_reply, "asked": self.asked})
                self.asked = [[] for _ in self.asked]
        return bool(lines)

    def _accept(self, listener: socket.socket, meter: int | None, board: int | None) -> None:
        link, _ = listener.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.select.register(link, selectors.EVENT_READ, Client(link, meter, board))

    def _serve(self, client: Client) -> None:
        try:
            data = client.link.recv(8192)
        except OSError:
            data = b""
        now = time.perf_counter_ns()
        if not data:
            self.select.unregister(client.link)
            client.link.close()
            return
        data = client.rest + data
        while len(data) >= 6 and len(data) >= (size := 6 + int.from_bytes(data[4:6])):
            self._answer(client, data[:size], now)
            data = data[size:]
        client.rest = data

    def _answer(self, client: Client, request: bytes, now: int) -> None:
        pdu = request[7:]
        if client.meter is not None:
            reply = self._read(client.meter, pdu)
        elif pdu[0] in {1, 2}:
            reply = self._bits(client.board, pdu)
        else:
            reply = self._write(client.board, pdu, now)
        head = request[:4] + struct.pack(">HB", len(reply) + 1, request[6])
        try:
            client.link.send(head + reply)
        except OSError:
            return

    def _read(self, meter: int, pdu: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", pdu[:5])
        has_power = function == self.power[0] and address <= self.power[1] < address + count
        mode = self.mode if meter == 0 else "surplus"
        if has_power:
            self.turn += 1
            self.asked[meter].append(time.monotonic())
            self.first_reply = self.first_reply or time.monotonic()
        key = (mode, self.turn % len(self.images[mode]), function, address, count)
        if key not in self.cache:
            self.cache[key] = self._words(*key)
        job = self.job
        if job and has_power and mode == "deficit" and not job.trial.replied:
            job.trial.replied = time.perf_counter_ns()
        return self.cache[key]

    def _words(self, mode: str, turn: int, function: int, address: int, count: int) -> bytes:
        held = self.images[mode][turn].get(function, {})
        try:
            words = [held[at] for at in range(address, address + count)]
        except KeyError:
            return bytes((function | 0x80, 2))
        return struct.pack(f">BB{count}H", function, 2 * count, *words)

    def _bits(self, board: int, pdu: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", pdu[:5])
        bits = self.coils[board][address : address + count]
        number = sum(1 << place for place, bit in enumerate(bits) if bit)
        size = (count + 7) // 8
        return bytes((function, size)) + number.to_bytes(size, "little")

    def _write(self, board: int, pdu: bytes, now: int) -> bytes:
        function, address, value = struct.unpack(">BHH", pdu[:5])
        if function == 5:
            new = [1 if value else 0]
        elif function == 15:
            number = int.from_bytes(pdu[6:], "little")
            new = [number >> place & 1 for place in range(value)]
        else:
            return bytes((function | 0x80, 1))
        before = self._on()
        self.coils[board][address : address + len(new)] = bytes(new)
        self._written(before, self._on(), now)
        return pdu[:5]

    def _on(self) -> int:
        return sum(self.coils[board][coil] for board, coil in self.racks)

    def _written(self, before: int, on: int, now: int) -> None:
        job = self.job
        if job is None or not job.trial.replied:
            return
        if on < before and not job.trial.first_off:
            job.trial.first_off = now
        if on == 0 and job.trial.first_off:
            self._finish(job, now)

    def _finish(self, job: Job, now: int) -> None:
        trial = job.trial
        say({
            "reply_to_write_us": (trial.first_off - trial.replied) / 1e3,
            "reply_to_last_us": (now - trial.replied) / 1e3,
            "change_to_write_s": (trial.first_off - trial.changed) / 1e9,
        })  # fmt: skip
        self.mode = "surplus"
        job.trial = Trial()
        job.left -= 1
        job.deadline = time.monotonic() + DEADLINE_S
        if job.left == 0:
            self.job = None

    def _step(self) -> float | None:
        """Move the running trial on; how long the next event may take."""
        job, now = self.job, time.monotonic()
        if job is None:
            return None
        if now > job.deadline:
            say({"failed": f"{self._on()} of {len(self.racks)} racks on, meter shows {self.mode}"})
            self.job = None
            return None
        trial = job.trial
        if trial.changed:
            return job.deadline - now
        if self._on() < len(self.racks):
            trial.change_at = 0.0
            return job.deadline - now
        if not trial.change_at:
            trial.change_at = now + job.settle_s + self.random.uniform(0, job.phase_s)
        if now < trial.change_at:
            return trial.change_at - now
        self.mode, trial.changed = "deficit", time.perf_counter_ns()
        return job.deadline - now


def say(line: dict) -> None:
    """One line to the rig."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Peer(json.loads(sys.argv[1])).run()
