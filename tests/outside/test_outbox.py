"""The queue on disk: order, keys, its end, and what an unreadable or a refusing disk does."""

import asyncio
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.faces.backoff import wait_s
from headworks.faces.kept import KeptOutbox
from headworks.faces.mqtt.marks import SCHEMA, Marks
from headworks.faces.outbox import Cursor, Message, Outbox, OutboxError
from headworks.faces.say import Say
from headworks.faces.secret_file import SecretError, read_secrets, text_of


def messages(*keys: object) -> list[Message]:
    return [Message(str(key), "event", f"body {key}") for key in keys]


def drained(outbox: Outbox) -> list[str]:
    found = []
    while (one := outbox.first()) is not None:
        found.append(one.message.key)
        outbox.done(one.seq)
    return found


def test_what_was_put_comes_in_its_order_and_once(tmp_path: Path) -> None:
    """Over an end of the process too; a key that waits already is not kept twice."""
    outbox = Outbox(tmp_path / "o", 100)
    outbox.put(messages(3, 1, 2), Cursor("r", 3))
    outbox.put(messages(1, 4))
    outbox.close()
    again = Outbox(tmp_path / "o", 100)
    assert again.cursor() == Cursor("r", 3)
    assert drained(again) == ["3", "1", "2", "4"]
    assert (again.waiting(), again.dropped()) == (0, 0)


@given(st.lists(st.integers(1, 12), max_size=8), st.integers(1, 10))
def test_the_newest_are_kept(sizes: list[int], most: int) -> None:
    """Of any history never more than the most wait, the newest; the rest is counted."""
    outbox = Outbox(Path(":memory:"), most)
    put = 0
    for size in sizes:
        outbox.put(messages(*range(put, put + size)))
        put += size
    assert outbox.waiting() == min(put, most)
    assert outbox.dropped() == max(0, put - most)
    assert drained(outbox) == [str(key) for key in range(max(0, put - most), put)]
    outbox.close()


def test_what_was_put_outlives_a_kill(tmp_path: Path) -> None:
    """A process that is killed right after put has lost nothing."""
    code = (
        "import os, sys; from pathlib import Path;"
        "from headworks.faces.outbox import *;"
        "o = Outbox(Path(sys.argv[1]), 9); o.put([Message('k', 't', 'b')], Cursor('r', 7));"
        "os.kill(os.getpid(), 9)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "host")}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "o")], env=env, check=False)
    assert done.returncode == -9
    outbox = Outbox(tmp_path / "o", 9)
    assert outbox.cursor() == Cursor("r", 7)
    assert drained(outbox) == ["k"]


def test_what_was_confirmed_is_not_sent_again_while_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk keeps the row of a message that is taken; nobody gets it again and again."""

    async def work() -> None:
        kept = KeptOutbox(Outbox(tmp_path / "o.sqlite", 10))
        await kept.put([Message("a", "t", "1"), Message("b", "t", "2")])
        first = await kept.first()
        assert first is not None

        def full(seq: int) -> None:
            raise OutboxError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(kept.outbox, "done", full)
            for ask in (lambda: kept.done(first.seq), kept.first, kept.first):
                with pytest.raises(OutboxError, match="disk full"):
                    await ask()
        after = await kept.first()
        assert after is not None
        assert after.message.key == "b"
        await kept.close()

    asyncio.run(work())


def test_an_unreadable_file_is_set_aside(tmp_path: Path) -> None:
    """A new one is begun, and the old one is still there to look at."""
    (tmp_path / "o").write_bytes(b"no database" * 1000)
    outbox = Outbox(tmp_path / "o", 9)
    outbox.put(messages(1))
    assert Path(outbox.set_aside).read_bytes().startswith(b"no database")
    assert drained(outbox) == ["1"]


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """The error names the file, and nothing of a commit that failed is there."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match="file"):
        Outbox(tmp_path / "file" / "o", 9).put(messages(1))


def test_a_taken_counter_is_taken_for_good(tmp_path: Path) -> None:
    """Only a higher one is new, each sender for itself, over an end of the process too."""
    for expected in ([True, False, True, False, True], [False, False, False, False, False]):
        outbox = Outbox(tmp_path / "o", 9, SCHEMA)
        marks = Marks(outbox)
        marks.begin()
        since_s = marks.since_s()
        calls = [("a", 5), ("a", 5), ("a", 6), ("a", 4), ("b", 1)]
        assert [marks.take(*call) for call in calls] == expected
        assert (marks.of("a"), marks.of("b"), marks.of("c")) == (6, 1, 0)
        outbox.close()
    assert Marks(Outbox(tmp_path / "o", 9, SCHEMA)).since_s() == since_s


def test_waits_grow_and_end() -> None:
    """Doubled each time to the longest, spread, and not shorter than the receiver asks."""
    assert [wait_s(n, spread=lambda: 1.0) for n in (1, 2, 3, 9, 10, 99)] == [
        *(1.0, 2.0, 4.0, 256.0, 300.0, 300.0)
    ]
    assert wait_s(3, spread=lambda: 0.0) == 2.0
    assert wait_s(1, asked_s=60.0) == 60.0
    assert wait_s(1, asked_s=1e9) == 300.0


def test_the_same_line_is_said_once_a_minute() -> None:
    """How often it was held back is told with the next; control characters are made visible."""
    out, now = StringIO(), [0.0]
    say = Say("mqtt", out, lambda: now[0])
    for _ in range(5):
        say("a\x1b[2J")
    now[0] = 61.0
    say("a\x1b[2J")
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "4 times more" in lines[1]
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('user = "x"\n', 0o604, "everybody may use it; run: chmod o="),
        ("user = hush", 0o600, "not TOML"),
        ('hush = "x"', 0o600, "another key than user, password"),
        ("\xff", 0o600, "not TOML"),
        (None, 0o600, "No such file"),
    ],
)
def test_a_file_of_secrets_is_told_about_and_never_shown(
    tmp_path: Path, text: str | None, mode: int, words: str
) -> None:
    """Every mistake is one line with the file's name, and with nothing of what it holds."""
    path = tmp_path / "secrets"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
        path.chmod(mode)
    with pytest.raises(SecretError) as caught:
        read_secrets(path, ("user", "password"))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_secret_is_a_text(tmp_path: Path) -> None:
    """Numbers and control characters are refused, what is not there is empty."""
    path = tmp_path / "secrets"
    assert text_of({}, "user", path) == ""
    for value in (7, "a\nb"):
        with pytest.raises(SecretError, match="is no text"):
            text_of({"user": value}, "user", path)
