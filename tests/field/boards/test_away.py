"""Since when a board stands at its prompt, in the site's time."""

from datetime import UTC, datetime, timedelta, timezone

from field.boards.talks import Talk
from headworks.field.boards import away
from headworks.field.boards.away import Away


def test_a_board_at_its_prompt_says_since_when_in_the_sites_time(monkeypatch):
    """The machine may keep another zone, as most containers of programs do."""
    now = datetime(2026, 11, 26, 5, 48, tzinfo=UTC)
    monkeypatch.setattr(away, "wall_clock", lambda unsynced_ok: now)
    talk = Talk().ready().status()
    gone = Away(timezone(timedelta(hours=5)))
    gone.sent("safety", "ayesha", talk.t_s)
    talk.pass_s(6)
    assert "prompt since 10:48 (ayesha" in gone.cause(talk.session, talk.t_s)
