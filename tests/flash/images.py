"""A littlefs image with a board's files, and what it holds when the power goes at any moment."""

import json
from collections.abc import Iterator

from littlefs import LittleFS
from littlefs.context import UserContext
from littlefs.errors import LittleFSError

from headworks.flash.build import sha256
from headworks.flash.contents import Contents
from headworks.flash.plan import Step

BLOCK, COUNT = 4096, 128  # as on a Pico, but smaller


class Flash(UserContext):
    """A chip that keeps a log of its block operations, so that each moment can be made again."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = bytearray(data or b"\xff" * BLOCK * COUNT)
        self.log: list[tuple[int, bytes]] = []  # place, bytes that it then holds

    def read(self, cfg, block, off, size):
        at = block * BLOCK + off
        return bytearray(self.data[at : at + size])

    def prog(self, cfg, block, off, data):
        return self._put(block * BLOCK + off, bytes(data))

    def erase(self, cfg, block):
        return self._put(block * BLOCK, b"\xff" * BLOCK)

    def sync(self, cfg):
        return 0

    def _put(self, at: int, data: bytes) -> int:
        self.log.append((at, data))
        self.data[at : at + len(data)] = data
        return 0


def moments(before: bytes, log: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """The chip after every operation, and in the middle of every one."""
    data = bytearray(before)
    for at, written in log:
        half = len(written) // 2
        data[at : at + half] = written[:half]
        yield bytes(data)
        data[at : at + len(written)] = written
        yield bytes(data)


class Image:
    """A mounted file system on a chip; formatted where the chip is new."""

    def __init__(self, data: bytes | None = None) -> None:
        self.chip = Flash(data)
        self.fs = LittleFS(
            context=self.chip, block_size=BLOCK, block_count=COUNT, prog_size=256, read_size=256,
            cache_size=256, mount=False,
        )  # fmt: skip
        if data is None:
            self.fs.format()
        self.fs.mount()

    def put(self, path: str, data: bytes) -> None:
        for at, letter in enumerate(path):
            if letter == "/":
                self._mkdir(path[:at])
        with self.fs.open(path, "wb") as file:
            file.write(data)

    def get(self, path: str) -> bytes:
        try:
            with self.fs.open(path, "rb") as file:
                return file.read()
        except (LittleFSError, FileNotFoundError):
            return b""

    def contents(self) -> Contents:
        """As the script at the board's prompt would tell it."""
        files = {}
        for root, _, names in self.fs.walk("/"):
            for name in names:
                path = f"{root}/{name}".lstrip("/")
                if path == "main.py" or path[:2] in ("a/", "b/"):
                    files[path] = sha256(self.get(path))
        return Contents(
            6, (1, 29, 0), "rp2", "Raspberry Pi Pico with RP2040", "e6",
            self.get("slot").decode(), self.get("tries").decode(), files, 1 << 20,
            {slot: self.get(f"{slot}/manifest.json").decode() for slot in ("a", "b")},
            self.get("good").decode(),
        )  # fmt: skip

    def carry_out(self, step: Step) -> None:
        """What a step does at a board."""
        if step.do == "mkdir":
            self._mkdir(step.path)
        elif step.do == "remove":
            if self.get(step.path) or self._is_there(step.path):
                self.fs.remove(step.path)
        elif step.do == "rename":
            self.fs.rename(step.path, step.other)
        elif step.do == "copy":
            self._write(step.path, self.get(step.other))
        elif step.do == "send":
            self._write(step.path, step.data)

    def _write(self, path: str, data: bytes) -> None:
        with self.fs.open(path, "wb") as file:
            for at in range(0, len(data), 256):
                file.write(data[at : at + 256])

    def _mkdir(self, path: str) -> None:
        if not self._is_there(path):
            self.fs.mkdir(path)

    def _is_there(self, path: str) -> bool:
        try:
            self.fs.stat(path)
        except (LittleFSError, FileNotFoundError):
            return False
        return True


def manifest(files: dict[str, bytes], version: str) -> bytes:
    sums = {path: sha256(data) for path, data in sorted(files.items())}
    return json.dumps({"fw": version, "files": sums}).encode()
