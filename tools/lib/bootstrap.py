"""Makes the checkout's own environment from the lock files, once, and goes on inside it.

No root, no compiler, nothing but Python 3.11. Every package is checked against its hash. An
interrupted set-up is noticed and done again; two at a time wait for each other. It never
touches an environment that is active in the shell: HEADWORKS_PYTHON names a ready one to use
as it is, HEADWORKS_VENV another folder to make it in.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from lib import advice, page

ROOT = Path(__file__).resolve().parent.parent.parent
# Dev holds all the others. `build` comes first: a source package is built with it.
_RUN = ("run.txt", "build.txt", "demo.txt", "web.txt", "mqtt.txt", "notify.txt")
LOCKS = {"run": _RUN, "dev": ("dev.txt",)}
STUBS = ("rp2", "esp32")  # types of MicroPython by board; their modules have the same names


class SetupError(Exception):
    """Set-up cannot go on; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Place:
    """A checkout and the folder of its environment."""

    root: Path
    venv: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def modules(self) -> Path:
        """What the checks take from npm."""
        return self.venv / "node_modules"

    @property
    def stamp(self) -> Path:
        return self.venv / ".headworks-ready.json"

    @property
    def unfinished(self) -> Path:
        return self.venv / ".headworks-unfinished"

    @property
    def lock(self) -> Path:
        return self.venv / ".headworks-lock"


def place(root: Path = ROOT, env: Mapping[str, str] = os.environ) -> Place:
    """Where the environment belongs: HEADWORKS_VENV, else .venv in the checkout."""
    return Place(root, Path(env.get("HEADWORKS_VENV") or root / ".venv").absolute())


def wanted(where: Place) -> dict[str, str]:
    """What a finished environment must have been made from."""
    digest = hashlib.sha256()
    for file in (*sorted((where.root / "tools/lock").glob("*.txt")), where.root / "pyproject.toml"):
        digest.update(file.read_bytes())
    digest.update((where.root / "host/headworks/__init__.py").read_bytes())
    return {"sources": digest.hexdigest(), "root": str(where.root)}


def stamped(where: Place) -> dict[str, str] | None:
    """What the finished environment was made from, or None when there is no finished one."""
    if where.unfinished.exists():
        return None
    try:
        found = json.loads(where.stamp.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def is_ready(where: Place, level: str) -> bool:
    """Whether the environment is finished, of these lock files, and holds `level`."""
    found = stamped(where)
    if found is None or found.get("interpreter") != os.path.realpath(where.python):
        return False
    enough = found.get("level") in (level, "dev") and page.is_built(where.root, _kept(where, level))
    return enough and where.python.exists() and wanted(where).items() <= found.items()


def may_keep(where: Place) -> bool:
    """Whether the folder can be brought up to date in place: finished here, same interpreter.

    An environment that somebody else made is kept if its Python runs and is new enough.
    """
    found = stamped(where)
    if found is not None:
        same = found.get("interpreter") == os.path.realpath(where.python)
        return same and where.python.exists() and found.get("root") == str(where.root)
    if where.unfinished.exists() or not (where.venv / "pyvenv.cfg").exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    if where.python.exists() and _quiet([str(where.python), "-I", "-c", probe]).returncode == 0:
        return True
    raise SetupError(
        f"{where.venv} is there, was not made by Headworks, and has no pip or too old a Python.\n"
        "Remove that folder and run this again, or set HEADWORKS_VENV to another one."
    )


def _quiet(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run without a keyboard; output is kept, not shown."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=env,
        check=False,
    )


def _step(text: str, command: list[str]) -> None:
    """One step of the set-up; its output is shown only if it fails, after our advice."""
    say(text)
    done = _quiet(command)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-12:])
        raise SetupError(f"{text} failed.\n{advice.of(done.stdout)}\n--- last lines\n{tail}")


def say(text: str) -> None:
    """Progress, on stderr, so that a script's standard output stays its own."""
    print(f"headworks: {text}", file=sys.stderr, flush=True)


def _clear(where: Place) -> None:
    """Empty the folder but for the lock that is held and the mark that we are at work."""
    for entry in where.venv.iterdir():
        if entry in (where.lock, where.unfinished):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def has_module(name: str) -> bool:
    """Whether this Python could import `name`."""
    return importlib.util.find_spec(name) is not None


def _make_venv(where: Place) -> None:
    """An empty environment. Debian's Python without python3-venv has no ensurepip."""
    if not has_module("venv") or not (has_module("ensurepip") or has_module("pip")):
        raise SetupError(advice.NO_VENV)
    without = [] if has_module("ensurepip") else ["--without-pip"]
    venv = [sys.executable, "-I", "-m", "venv", *without, str(where.venv)]
    _step("making an empty environment", venv)


def _pip(where: Place) -> list[str]:
    """pip inside the environment, or this Python's own pip working on it."""
    inside = _quiet([str(where.python), "-I", "-c", "import pip"]).returncode == 0
    if inside:
        return [str(where.python), "-I", "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(where.python)]


def _fill(where: Place, level: str) -> None:
    """Install the locked packages, then Headworks itself as a link to this checkout."""
    install = [*_pip(where), "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # The lock names everything. Left to look for dependencies, pip takes a newer release than
    # the locked one for an extra (`coverage[toml]`) and then refuses it for having no hash.
    fetch = [*install, "--require-hashes", "--no-deps", "--no-build-isolation"]
    _step("fetching what packages are built with", [*fetch, *_locked(where, "build.txt")])
    text = "fetching packages, each checked against its hash"
    _step(text, [*fetch, *_locked(where, *LOCKS[level])])
    if level == "dev":
        for board in STUBS:
            target = ["--upgrade", "--target", str(where.venv / "stubs" / board)]
            _step(f"fetching types of MicroPython on {board}",
                  [*fetch, *target, *_locked(where, f"stubs-{board}.txt")])  # fmt: skip
    if not page.is_built(where.root, _kept(where, level)):
        page.build(where.root, _kept(where, level), fetch, _step)
    own = ["--no-deps", "--no-build-isolation", "--editable", str(where.root)]
    _step("linking this checkout", [*install, *own])


def _kept(where: Place, level: str) -> Path | None:
    """Where npm packages of the checks stay; the demo needs none."""
    return where.modules if level == "dev" else None


def _locked(where: Place, *names: str) -> list[str]:
    """pip's words for these lock files."""
    return [word for name in names for word in ("-r", str(where.root / "tools/lock" / name))]


@contextmanager
def _alone(where: Place) -> Iterator[None]:
    """Hold the set-up lock; whoever comes second waits and then finds the work done."""
    where.venv.mkdir(parents=True, exist_ok=True)
    with where.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this checkout is running; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_stamp(where: Place, level: str) -> None:
    """Say that the environment is whole; last of all, and in one move."""
    found = {"level": level, "interpreter": os.path.realpath(where.python), **wanted(where)}
    fresh = where.stamp.with_suffix(".new")
    fresh.write_text(json.dumps(found, indent=1) + "\n")
    fresh.replace(where.stamp)
    where.unfinished.unlink(missing_ok=True)


def _build(where: Place, level: str) -> None:
    """Make or mend the environment; the lock is held."""
    began = time.monotonic()
    keep = may_keep(where)
    say(f"{'updating' if keep else 'setting up'} {where.venv} (the first time takes a minute)")
    where.unfinished.touch()
    if not keep:
        _clear(where)
        _make_venv(where)
    _fill(where, level)
    _write_stamp(where, level)
    say(f"ready after {time.monotonic() - began:.0f} s")


def prepare(where: Place, level: str) -> Path:
    """Python of an environment that holds `level` ("run" or "dev"), made if need be.

    Raises SetupError with what to do about it.
    """
    if is_ready(where, level):
        return where.python
    try:
        with _alone(where):
            held = (stamped(where) or {}).get("level")
            if not is_ready(where, level):
                _build(where, "dev" if held == "dev" else level)
    except PermissionError as error:
        raise SetupError(advice.read_only(where.venv, error)) from None
    except OSError as error:
        raise SetupError(f"cannot write {where.venv}: {error.strerror or error}") from None
    return where.python


def enter(level: str, arguments: list[str]) -> NoReturn:
    """Become `python ARGUMENTS` of the environment; exits 1 with advice when there is none."""
    try:
        python = os.environ.get("HEADWORKS_PYTHON") or str(prepare(place(), level))
        os.execv(python, [python, "-I", *arguments])
    except SetupError as error:
        sys.exit(f"headworks: {error}")
    except KeyboardInterrupt:
        sys.exit("\nheadworks: set-up stopped; run this again and it starts afresh")
    except OSError as error:
        sys.exit(f"headworks: cannot start {python}: {error.strerror or error}")
