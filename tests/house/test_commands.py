"""Every subcommand of `headworks` explains itself, and refuses nonsense in a line."""

import os
import re
import subprocess
import sys

import pytest

from headworks.cli.main import COMMANDS


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headworks", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_subcommand_has_help(name):
    """`headworks NAME --help` exits 0, names its options and says what the command does."""
    done = _run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: headworks {name}")
    assert COMMANDS[name][1][1:] in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_subcommand_refuses_an_unknown_option(name):
    """An unknown option ends in exit code 2 and one line that says where to read on."""
    done = _run(name, "--no-such-option")
    assert done.returncode == 2
    assert done.stderr.startswith(f"headworks {name}: error: ")
    assert done.stderr.endswith("--help\n")
    assert done.stderr.count("\n") == 1


def test_without_arguments_it_helps():
    """`headworks` alone says what there is and where to start; a script still sees a failure."""
    done = _run()
    assert done.returncode == 2
    assert "headworks demo" in done.stderr
    assert [name for name in COMMANDS if not re.search(rf"  {name}\s", done.stderr)] == []


def test_a_mistyped_command_is_guessed():
    """One line with the nearest command, not the whole usage."""
    done = _run("chekc")
    assert done.returncode == 2
    assert "'chekc'; did you mean check? see: headworks --help" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["alarms"], "that is: headworks trips;"),
        (["board", "maint"], "that is: headworks board console NAME --command maint;"),
    ],
)
def test_a_word_of_another_command_points_to_it(words, says):
    """What people write first, and where it is."""
    done = _run(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["meter", "list"], ["check", "SITE"], ["--help"]])
def test_a_closed_or_full_stdout_is_no_traceback(words, tmp_path):
    """Where nothing can be written, a command ends with at most one line."""
    site = tmp_path / "site.toml"
    assert _run("init", "--defaults", str(site)).returncode == 0
    words = [str(site) if word == "SITE" else word for word in words]
    for target in (">&-", "> /dev/full"):
        line = f'"$@" {target}'
        command = ["sh", "-c", line, "sh", sys.executable, "-m", "headworks", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") <= 1


@pytest.mark.parametrize("words", [["racks", "--help"], ["check", "SITE"], ["sim", "serve", "-h"]])
def test_a_terminal_without_unicode_gets_question_marks(words, tmp_path):
    """In an ASCII locale no character ends a command."""
    site = tmp_path / "site.toml"
    assert _run("init", "--defaults", str(site)).returncode == 0
    words = [str(site) if word == "SITE" else word for word in words]
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "headworks", *words]
    done = subprocess.run(
        command, env={**os.environ, **plain}, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_help_lists_every_subcommand():
    """`headworks --help` names each command with one line."""
    text = " ".join(_run("--help").stdout.split())
    assert [name for name, (_, line) in COMMANDS.items() if f"{name} {line}" not in text] == []
