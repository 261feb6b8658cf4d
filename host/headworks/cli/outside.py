"""What `headworks mqtt` and `headworks notify` share: options, errors as lines, one at a time."""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from headworks import paths
from headworks.cli.check import DEFAULT_SITE

if TYPE_CHECKING:
    from headworks.faces.kept import KeptOutbox
    from headworks.faces.say import Say
    from headworks.model.site import Site

EXIT_MISTAKES, EXIT_UNREADABLE, EXIT_CANNOT = 1, 2, 4


class FaceError(Exception):
    """It cannot start; the text says why and what to do."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the site file, the station and the state folder are."""
    parser.add_argument(
        "--site", type=Path, default=default_site(), metavar="SITE",
        help=f"the site file (default {paths.SERVICE_SITE}, else {DEFAULT_SITE} here)",
    )  # fmt: skip
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the station's socket")
    parser.add_argument("--state", type=Path, metavar="DIR", help="folder of what must last")


def default_site() -> Path:
    """The service's site file, else site.toml of the folder that somebody stands in."""
    return paths.SERVICE_SITE if paths.SERVICE_SITE.exists() else DEFAULT_SITE


def site_of(path: Path) -> "Site":
    """The site in a file. Raises SiteErrors, SiteUnreadable."""
    from headworks.site import load_site

    return load_site(path)


def said(name: str, extra: str, work: Callable[[], int]) -> int:
    """Do the work; every way in which it cannot start becomes lines and an exit code."""
    from headworks.faces.outbox import OutboxError
    from headworks.faces.secret_file import SecretError
    from headworks.site import SiteErrors, SiteUnreadable

    try:
        return work()
    except ModuleNotFoundError as error:
        text, code = f"{error.name} is not installed; run: pip install '{extra}'", EXIT_CANNOT
    except SiteErrors as errors:
        print(errors, file=sys.stderr)
        return EXIT_MISTAKES
    except SiteUnreadable as error:
        text, code = str(error), EXIT_UNREADABLE
    except OutboxError as error:
        text, code = f"{error}; look after it and its disk, or choose --state", EXIT_CANNOT
    except (FaceError, SecretError) as error:
        text, code = str(error), EXIT_CANNOT
    print(f"headworks {name}: {text}", file=sys.stderr)
    return code


@contextmanager
def alone(state: Path, file: str) -> Iterator[None]:
    """Hold the state of one face: two would send everything twice. Raises FaceError."""
    path = state / f"{file}.lock"
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FaceError(f"{path}: {error.strerror}; choose another folder with --state") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise FaceError(f"another one runs with {state}; end it, or choose --state") from error
    try:
        yield
    finally:
        os.close(handle)


async def begun(kept: "KeptOutbox", say: "Say") -> None:
    """Open what waits on disk, and say where it had to be begun anew. Raises OutboxError."""
    if aside := await kept.begin():
        say(f"what waited could not be read, is kept as {aside} and is not sent; begun anew")


def face(work: Callable[[], Awaitable[None]]) -> int:
    """Run until SIGINT or SIGTERM; then it has time to say good-bye. 0."""
    from headworks.faces.threads import LooseThreads

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(LooseThreads())
        task = asyncio.ensure_future(work())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        asyncio.run(main())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
    return 0
