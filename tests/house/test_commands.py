"""Every subcommand of `headworks` explains itself, and refuses nonsense in a line."""

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
    """An unknown option ends in exit code 2 with a usage line, without a traceback."""
    done = _run(name, "--no-such-option")
    assert done.returncode == 2
    assert "usage: headworks" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_every_subcommand():
    """`headworks --help` names each command with one line."""
    text = " ".join(_run("--help").stdout.split())
    assert [name for name, (_, line) in COMMANDS.items() if f"{name} {line}" not in text] == []
