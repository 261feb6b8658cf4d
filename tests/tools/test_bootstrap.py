"""Set-up of the environment: made once, noticed when broken, plain words when it cannot be."""

import ast
import json
import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from lib import advice, bootstrap, newpython

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A checkout in a folder with a space, whose packages are a file; venvs without pip are quick."""
    root = tmp_path / "my checkout"
    (root / "tools/lock").mkdir(parents=True)
    (root / "host/headworks").mkdir(parents=True)
    (root / "host/headworks/__init__.py").write_text("")
    (root / "pyproject.toml").write_text("")
    for name in ("run", "build", "dev"):
        (root / f"tools/lock/{name}.txt").write_text("")
    monkeypatch.setattr(bootstrap, "has_module", lambda name: name != "ensurepip")
    monkeypatch.setattr(bootstrap, "_fill", lambda where, level: fills.append(level))
    fills: list[str] = []
    where = bootstrap.place(root, {})
    return where, fills


def test_environment_is_made_once(place):
    """A finished environment is used as it is, by a run that wants the same or less."""
    where, fills = place
    assert bootstrap.prepare(where, "dev") == where.python
    assert where.python.exists()
    bootstrap.prepare(where, "dev")
    bootstrap.prepare(where, "run")
    assert fills == ["dev"]


def test_check_after_demo_adds_to_the_environment(place):
    """What the demo made is kept and grows when the check wants more."""
    where, fills = place
    bootstrap.prepare(where, "run")
    (where.venv / "kept").touch()
    bootstrap.prepare(where, "dev")
    assert fills == ["run", "dev"]
    assert (where.venv / "kept").exists()


@pytest.mark.parametrize(
    "changed", ["tools/lock/run.txt", "pyproject.toml", "host/headworks/__init__.py"]
)
def test_changed_sources_bring_it_up_to_date(place, changed):
    """A changed lock file, project or version is installed, and nothing shrinks by it."""
    where, fills = place
    bootstrap.prepare(where, "dev")
    (where.root / changed).write_text("# changed")
    bootstrap.prepare(where, "run")
    assert fills == ["dev", "dev"]


def test_interrupted_setup_starts_afresh(place, monkeypatch):
    """After a set-up that broke off half-way nothing of it is used again."""
    where, fills = place
    broken = bootstrap.SetupError("no network")

    def breaks(where, level):
        (where.venv / "half").touch()
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_fill", breaks)
        with pytest.raises(bootstrap.SetupError, match="no network"):
            bootstrap.prepare(where, "run")
    assert not bootstrap.is_ready(where, "run")
    bootstrap.prepare(where, "run")
    assert bootstrap.is_ready(where, "run")
    assert not (where.venv / "half").exists()
    assert fills == ["run"]


def test_interrupted_update_starts_afresh(place, monkeypatch):
    """An update that broke off leaves no environment that looks finished."""
    where, fills = place
    bootstrap.prepare(where, "run")
    (where.venv / "old").touch()
    (where.root / "pyproject.toml").write_text("# changed")

    def killed(where, level):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_fill", killed)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.prepare(where, "run")
    assert bootstrap.stamped(where) is None
    bootstrap.prepare(where, "run")
    assert not (where.venv / "old").exists()
    assert fills == ["run", "run"]


@pytest.mark.parametrize("stamp", ["", "{", "[]", "null", '{"level": "dev"}'])
def test_damaged_stamp_is_no_stamp(place, stamp):
    """A torn or foreign stamp never makes an environment look finished."""
    where, _fills = place
    bootstrap.prepare(where, "run")
    where.stamp.write_text(stamp)
    assert not bootstrap.is_ready(where, "run")


def test_other_interpreter_means_a_new_environment(place):
    """When the system's Python was replaced by another version, the environment is made anew."""
    where, _fills = place
    bootstrap.prepare(where, "run")
    found = json.loads(where.stamp.read_text())
    where.stamp.write_text(json.dumps(found | {"interpreter": "/usr/bin/python3.10"}))
    (where.venv / "old").touch()
    bootstrap.prepare(where, "run")
    assert not (where.venv / "old").exists()


def test_moved_checkout_means_a_new_environment(place, tmp_path):
    """An environment moves with its checkout only by being made again."""
    where, fills = place
    bootstrap.prepare(where, "run")
    where.root.rename(tmp_path / "moved")
    moved = bootstrap.place(tmp_path / "moved", {})
    assert not bootstrap.is_ready(moved, "run")
    bootstrap.prepare(moved, "run")
    assert fills == ["run", "run"]


def test_foreign_environment_that_cannot_serve_is_left_alone(place):
    """A .venv that somebody else made is neither emptied nor filled when it has no pip."""
    where, fills = place
    where.venv.mkdir()
    (where.venv / "pyvenv.cfg").touch()
    with pytest.raises(bootstrap.SetupError, match="Remove that folder"):
        bootstrap.prepare(where, "run")
    assert (where.venv / "pyvenv.cfg").exists()
    assert fills == []


def test_two_at_a_time_make_it_once(place, monkeypatch):
    """Of two set-ups at the same time the second waits and finds the work done."""
    where, fills = place
    inside, go_on = threading.Event(), threading.Event()

    def slow(where, level):
        fills.append(level)
        inside.set()
        assert go_on.wait(20)

    monkeypatch.setattr(bootstrap, "_fill", slow)
    waits = threading.Event()
    monkeypatch.setattr(bootstrap, "say", lambda text: waits.set() if "waiting" in text else None)
    threads = [threading.Thread(target=bootstrap.prepare, args=(where, "run")) for _ in range(2)]
    threads[0].start()
    assert inside.wait(20)
    threads[1].start()
    assert waits.wait(20)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert fills == ["run"]


def test_no_venv_and_no_pip_is_said_with_the_fix(place, monkeypatch):
    """A Python that can make no environment is told apart, with the package that mends it."""
    where, _fills = place
    monkeypatch.setattr(bootstrap, "has_module", lambda name: name == "venv")
    with pytest.raises(bootstrap.SetupError, match="apt install python3-venv"):
        bootstrap.prepare(where, "run")


def test_folder_that_cannot_be_made_is_said(place):
    """A folder that may not be written is named, with the way round it."""
    where, _fills = place
    where.venv.write_text("in the way")
    with pytest.raises(bootstrap.SetupError, match="cannot write"):
        bootstrap.prepare(where, "run")
    error = PermissionError(13, "Permission denied", "/opt/headworks/.venv")
    assert "HEADWORKS_VENV" in advice.read_only(where.venv, error)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "Do not use it"),
        (
            "NewConnectionError: [Errno -3] Temporary failure in name resolution",
            "cannot be reached",
        ),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: Failed building wheel for lgpio", "no ready-made file"),
        ("ERROR: No matching distribution found for rich==15.0.0", "not found for this Python"),
        ("[Errno 13] Permission denied: '/x'", "could not be written"),
        ("something new", "not one that is known"),
    ],
)
def test_advice_fits_the_cause(output, words):
    """Each known way in which an installation fails has its own advice."""
    assert words in advice.of(output)


def test_failed_step_shows_advice_and_last_lines(monkeypatch):
    """A failing step says what to do and shows the tool's own last words."""
    script = "print('ProxyError: 407'); raise SystemExit(1)"
    with pytest.raises(bootstrap.SetupError) as caught:
        bootstrap._step("fetching", [sys.executable, "-c", script])
    assert "HTTPS_PROXY" in str(caught.value)
    assert "ProxyError: 407" in str(caught.value)


@pytest.mark.parametrize("name", ["demo", "check", "days", "lib/newpython.py"])
def test_old_python_can_read_the_first_files(name):
    """What an old Python meets first parses there, so that it can say what is missing."""
    ast.parse((ROOT / "tools" / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_old_python_goes_on_in_a_newer_one():
    """Started with an old Python, the newest one on PATH takes over."""
    started = []

    def which(name):
        return f"/bin/{name}" if name in ("python3.11", "python3.12") else None

    with pytest.raises(SystemExit):
        newpython.ensure((3, 8), which, lambda path, words: started.append(path))
    assert started == ["/bin/python3.12"]


def test_old_python_alone_is_told_what_to_do():
    """Without a newer Python the message names the version that is wanted."""
    with pytest.raises(SystemExit) as caught:
        newpython.ensure((3, 8), lambda name: None)
    assert "Python 3.8" in str(caught.value.code)
    assert "3.11 or newer" in str(caught.value.code)


def test_ready_python_is_used_as_it_is(tmp_path):
    """HEADWORKS_PYTHON runs that interpreter and sets up nothing."""
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)
    env = {**os.environ, "HEADWORKS_PYTHON": str(fake)}
    done = subprocess.run(
        [str(ROOT / "tools/demo"), "--day", "clear"],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "-I -m headworks demo --day clear\n"


def test_only_what_is_locked_is_fetched(tmp_path, monkeypatch):
    """Every fetch names lock files that are there, wants hashes, and looks for nothing else."""
    commands = []
    monkeypatch.setattr(bootstrap, "_step", lambda text, command: commands.append(command))
    monkeypatch.setattr(bootstrap, "_pip", lambda where: ["pip"])
    monkeypatch.setattr(bootstrap.page, "_write", lambda root, package: None)
    monkeypatch.setattr(bootstrap.page.shutil, "copytree", lambda source, target: None)
    bootstrap._fill(bootstrap.Place(ROOT, tmp_path), "dev")
    (npm,) = [words for words in commands if "ci" in words]
    assert "--ignore-scripts" in npm
    fetches = [words for words in commands if "--editable" not in words and words is not npm]
    assert len(fetches) == 5
    for words in fetches:
        assert {"--require-hashes", "--no-deps", "--no-build-isolation"} <= set(words)
        files = [word for before, word in pairwise(words) if before == "-r"]
        assert files
        assert [file for file in files if not Path(file).is_file()] == []


def test_the_lock_is_whole():
    """Nothing that an installed package needs is missing from the lock."""
    command = [sys.executable, "-m", "pip", "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
