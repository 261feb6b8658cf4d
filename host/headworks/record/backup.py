"""One file with all that a station needs to go on elsewhere: site file, key, memory, records.

A gzipped tar with a manifest of sizes and SHA-256 sums, which is looked at before anything is
put in place. Holds the private key, so it is for its owner's eyes alone (0600). Databases are
copied by SQLite's own backup, beside a station that runs.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple

from headworks.durably import sync_folder
from headworks.paths import RESTORE_MARK
from headworks.record.database import code_of, reading

SITE, MANIFEST, RECORDS = "site.toml", "manifest.json", "records"
# samples first: they note how far the journal had come, and it must have come as far
DATABASES = ("records/samples.db", "records/journal.db", "memory.db")
KEY = "records/seal.key"
FORMAT = 1
_PIECE = 1 << 20
_MOST_MANIFEST = 64_000_000


class BackupError(Exception):
    """It cannot be made or taken; the text says which part, why and what to do."""


class Summary(NamedTuple):
    """What a backup holds."""

    files: int
    size_bytes: int
    version: str
    has_site: bool


def backup(state: Path, site: Path | None, target: Path, version: str) -> Summary:
    """Write a new file and look through it. Raises BackupError or OSError."""
    if target.exists():
        raise BackupError(f"{target} is there already; name a new file")
    if not (state / RECORDS / "journal.db").exists():
        raise BackupError(f"there are no records in {state}; name the state folder with --state")
    part = target.with_name(f"{target.name}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600), "wb") as file:
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work:
                _pack(state, site, file, version, Path(work))
            file.flush()
            os.fsync(file.fileno())
        summary = check(part)
        os.rename(part, target)
    finally:
        part.unlink(missing_ok=True)
    return summary


def _pack(state: Path, site: Path | None, file: IO[bytes], version: str, work: Path) -> None:
    sums: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar:
        for name, path in _parts(state, site, work):
            try:
                _add(tar, name, path, sums)
            except FileNotFoundError:
                continue  # the ring went on meanwhile
        text = json.dumps({"format": FORMAT, "version": version, "files": sums}).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))


def _parts(state: Path, site: Path | None, work: Path) -> Iterator[tuple[str, Path]]:
    """Name in the backup and file, each file at rest.

    Recordings that have ended come before the journal, which then knows what the ring has let go
    meanwhile; the newest come after it, so that what it says has ended is there to its end.
    """
    if site is not None:
        yield SITE, site
    old = _recordings(state)
    newest = max((path.name for path in old), default="")
    ended = {path for path in old if path.name != newest}
    yield from ((str(path.relative_to(state)), path) for path in sorted(ended))
    for name in DATABASES:
        if (state / name).exists():
            copy = work / "copy.db"
            copy.unlink(missing_ok=True)
            _copy(state / name, copy)
            yield name, copy
    if (state / KEY).exists():
        yield KEY, state / KEY
    newer = [path for path in _recordings(state) if path not in ended]
    yield from ((str(path.relative_to(state)), path) for path in sorted(newer))


def _recordings(state: Path) -> list[Path]:
    return [*(state / RECORDS / "recorder").glob("**/*.rec")]


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(reading(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except (sqlite3.Error, FileNotFoundError) as error:
        if isinstance(error, sqlite3.Error) and code_of(error) == sqlite3.SQLITE_FULL:
            raise BackupError(
                f"{target.parent.parent} has no room for a copy of {source}; write to another disk"
            ) from error
        raise BackupError(f"{source} cannot be read: {error}; see headworks verify") from error


def _add(tar: tarfile.TarFile, name: str, path: Path, sums: dict[str, dict[str, Any]]) -> None:
    """Add what a file holds now; it may grow meanwhile."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        counting = _Counting(file)
        tar.addfile(info, counting)
    sums[name] = {"size": size, "sha256": counting.sum.hexdigest()}


class _Counting:
    """A file that sums what is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


def check(path: Path, unpack_to: Path | None = None) -> Summary:
    """Look through a backup, every byte; unpack it too where a folder is given.

    Raises BackupError.
    """
    try:
        return _check(path, unpack_to)
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise BackupError(f"{path} is damaged or no backup: {error}; take another") from error
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror or error}") from error


def _check(path: Path, unpack_to: Path | None) -> Summary:
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    with gzip.open(path) as whole, tarfile.open(fileobj=whole, mode="r|") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is None or manifest is not None:
                raise ValueError(f"{member.name[:80]!r} does not belong there")
            if member.name == MANIFEST:
                manifest = json.loads(file.read(_MOST_MANIFEST))
            else:
                found[member.name] = _take(file, member.name, unpack_to)
        while whole.read(_PIECE):  # to its very end, where its own sum is checked
            pass
    if manifest is None or manifest["format"] != FORMAT:
        raise ValueError("it has no manifest of this version at its end")
    for name in found.keys() | manifest["files"].keys():
        if found.get(name) != manifest["files"].get(name):
            raise ValueError(f"{name} is not as it was packed")
    total = sum(int(one["size"]) for one in found.values())
    return Summary(len(found), total, str(manifest["version"]), SITE in found)


def _take(file: IO[bytes], name: str, unpack_to: Path | None) -> dict[str, Any]:
    """Sum up one file, and write it where a folder is given. Only names that a backup has."""
    if not _is_ours(name):
        raise ValueError(f"{name[:80]!r} is no file of a backup")
    total, size = hashlib.sha256(), 0
    out = None
    if unpack_to is not None:
        target = unpack_to / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        out = open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")  # noqa: SIM115
    try:
        while piece := file.read(_PIECE):
            total.update(piece)
            size += len(piece)
            if out is not None:
                out.write(piece)
        if out is not None:
            out.flush()
            os.fsync(out.fileno())
    finally:
        if out is not None:
            out.close()
    return {"size": size, "sha256": total.hexdigest()}


def _is_ours(name: str) -> bool:
    parts = Path(name).parts
    recording = name.startswith("records/recorder/") and name.endswith(".rec") and len(parts) <= 5
    return ".." not in parts and (name in (*DATABASES, SITE, KEY) or recording)


def restore(path: Path, state: Path, site: Path | None) -> tuple[Summary, str]:
    """Put a backup in place of what is there, which is moved aside; also where that went.

    The caller holds the station's lock. Nothing is touched before all of the backup was found
    good. Raises BackupError or OSError.
    """
    if site is not None and site.exists():
        raise BackupError(f"{site} is there already; name a new file with --site")
    state.mkdir(parents=True, exist_ok=True, mode=0o750)
    for left in state.glob(".restore-*"):  # of one that was killed
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(dir=state, prefix=".restore-"))
    try:
        summary = check(path, work)
        if not (work / RECORDS / "journal.db").exists():
            raise BackupError(f"{path} holds no journal; take another")
        wanted = site if summary.has_site else None
        if wanted is not None:  # where it cannot be written, nothing else is touched either
            shutil.copyfile(work / SITE, wanted)
        try:
            aside = _exchange(state, work)
        except OSError:
            if wanted is not None:
                wanted.unlink(missing_ok=True)
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return summary, aside


def _exchange(state: Path, work: Path) -> str:
    """Move aside what is there and put the unpacked in its place; where the old went.

    A mark stands meanwhile: a station that found the half of it would begin without its latches.
    """
    mark = state / RESTORE_MARK
    mark.touch()
    sync_folder(state)
    aside = _move_aside(state)
    for name in (RECORDS, "memory.db"):
        if (work / name).exists():
            os.rename(work / name, state / name)
    sync_folder(state)
    mark.unlink()
    return aside


def _move_aside(state: Path) -> str:
    """Move what is there into a folder of its own; its name, "" where nothing was."""
    names = (RECORDS, "memory.db", "memory.db-wal", "memory.db-shm")
    present = [name for name in names if (state / name).exists()]
    if not present:
        return ""
    free = (state / f"before-restore-{n}" for n in range(1, 1000))
    target = next(folder for folder in free if not folder.exists())
    target.mkdir(mode=0o750)
    for name in present:
        os.rename(state / name, target / name)
    return str(target)
