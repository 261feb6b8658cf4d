"""PINs: none ships, few guesses, a wait that no restart shortens, and an end when nobody types."""

import asyncio
import os
from pathlib import Path

import pytest

from console.places import PIN, give_pin
from headworks.faces.console.guesses import FILE, Guesses, GuessesError
from headworks.faces.console.login import Login, LoginError
from headworks.faces.people.lockout import FIRST_WAIT_S, LONGEST_WAIT_S
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import WeakPasswordError, hashed_pin


def give(login: Login, name: str, pin: str, now_s: float = 0.0) -> str:
    """What is said."""
    try:
        asyncio.run(login.give(name, pin, lambda: now_s))
    except LoginError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567890123", "abcdef", "١٢٣٤٥٦", "123456", "987654", "111111", "121212"]
)  # fmt: skip
def test_a_pin_that_anybody_guesses_is_refused(pin: str) -> None:
    """Six to twelve digits, not the ones that everybody tries first."""
    with pytest.raises(WeakPasswordError):
        hashed_pin(pin)


def test_nobody_may_act_before_there_is_a_pin(tmp_path: Path) -> None:
    """And it says which command makes one."""
    login = Login(tmp_path, tmp_path)
    with pytest.raises(LoginError, match="headworks user pin NAME"):
        login.who("")
    assert give(login, "ayesha", "") == "this is not the PIN"
    assert login.role is Role.VIEWER


def test_guesses_are_few_and_a_restart_gives_no_more(tmp_path: Path) -> None:
    """Five, then even the right one waits; a new process waits the whole time again."""
    give_pin(tmp_path, "ayesha", "operator")
    login = Login(tmp_path, tmp_path)
    for name in ("ayesha", "nobody", "ayesha", "ayesha", "ayesha"):
        assert give(login, name, "000000") == "this is not the PIN"
    assert "try again in 30 s" in give(login, "ayesha", PIN)
    assert "try again in 30 s" in give(Login(tmp_path, tmp_path), "ayesha", PIN, now_s=1e6)
    again = Login(tmp_path, tmp_path)
    again_s = 2e6
    assert "try again" in give(again, "ayesha", PIN, again_s)
    assert give(again, "ayesha", PIN, again_s + FIRST_WAIT_S) == ""
    assert again.role is Role.OPERATOR
    assert give(Login(tmp_path, tmp_path), "ayesha", PIN) == ""


def test_whoever_has_a_pin_gets_no_more_guesses_at_another_s(tmp_path: Path) -> None:
    """A technician who logs in between guesses at the operator's PIN does not begin anew."""
    give_pin(tmp_path, "ayesha", "operator")
    give_pin(tmp_path, "bilal", "technician")
    login = Login(tmp_path, tmp_path)
    for _ in range(4):
        assert give(login, "ayesha", "000000") == "this is not the PIN"
        assert give(login, "bilal", PIN) == ""
    assert give(login, "ayesha", "000000") == "this is not the PIN"
    assert "try again in 30 s" in give(login, "bilal", PIN)
    assert give(login, "bilal", PIN, FIRST_WAIT_S) == ""
    assert give(login, "ayesha", "000000", FIRST_WAIT_S) == "this is not the PIN"
    assert "try again in 1 min" in give(login, "ayesha", PIN, FIRST_WAIT_S)


def test_a_file_that_may_not_be_read_is_not_nobody(tmp_path: Path) -> None:
    """It says what is wrong with it, and not that nobody has a PIN."""
    (tmp_path / "pins.json").write_text("{")
    with pytest.raises(LoginError, match=r"no PIN can be looked at: .*pins.json is damaged"):
        Login(tmp_path, tmp_path).who("")


def test_a_guess_counts_before_it_is_looked_at(tmp_path: Path) -> None:
    """Whoever pulls the plug in between has used it up."""
    guesses = Guesses(tmp_path / FILE)
    for _ in range(5):
        guesses.begin("ayesha", 0.0)
    assert Guesses(tmp_path / FILE).wait_s(0.0) == FIRST_WAIT_S
    for _ in range(20):
        guesses.begin("ayesha", 0.0)
    assert guesses.wait_s(0.0) == LONGEST_WAIT_S


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        pytest.param("[" * 100_000, id="nested"),
        '{"wrong": -1}',
        '{"wrong": {"a": -1}}',
        '{"wrong": {"a": "x"}}',
    ],
)
def test_a_damaged_count_is_many(tmp_path: Path, text: str) -> None:
    """The longest wait, never a fresh start."""
    (tmp_path / FILE).write_text(text)
    assert Guesses(tmp_path / FILE).wait_s(0.0) == LONGEST_WAIT_S


def test_where_guesses_cannot_be_counted_no_pin_is_taken(tmp_path: Path) -> None:
    """A full or read-only disk is no way in; it says why."""
    give_pin(tmp_path, "ayesha", "operator")
    login = Login(tmp_path, tmp_path)
    (tmp_path / FILE).mkdir()  # a file cannot be put in its place, by root neither
    with pytest.raises(GuessesError, match="cannot be counted"):
        Guesses(tmp_path / FILE).begin("ayesha", 0.0)
    assert give(login, "ayesha", PIN)
    assert login.role is Role.VIEWER
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_a_login_ends_without_a_line_and_with_another_pin(tmp_path: Path) -> None:
    """After the idle time, when the PIN or the role is changed, and when it is taken away."""
    give_pin(tmp_path, "ayesha", "operator")
    login = Login(tmp_path, tmp_path, idle_s=300.0)
    assert give(login, "ayesha", PIN) == ""
    assert login.still(299.0) == ""
    login.used(299.0)
    assert login.still(598.0) == ""
    assert "logged off after 5 min" in login.still(599.0)
    assert login.role is Role.VIEWER
    assert give(login, "ayesha", PIN) == ""
    give_pin(tmp_path, "ayesha", "technician")
    assert "was changed" in login.still(1.0)
    assert login.role is Role.VIEWER
    assert give(login, "ayesha", PIN) == ""
    (tmp_path / "pins.json").unlink()
    assert login.still(1.0)
