"""Work at a board that is ended by a signal: in order, and at once where the board holds it up."""

import asyncio
import os
import signal
import threading

import pytest

from cli.boards import ENDS_S
from headworks.cli import board_work
from headworks.flash.errors import FlashError
from headworks.flash.work import Show

pytestmark = pytest.mark.needs("linux")


class Said(list):
    """What is shown."""

    @property
    def show(self) -> Show:
        return Show(self.append, lambda _done, _total: None)


def ended(job, said: Said) -> int:
    """The exit code of a job that is ended by Ctrl-C once it has said that it runs."""

    async def work() -> int:
        await board_work.in_order(job, said.show, "interrupted")
        return 0

    async def whole() -> int:
        code = asyncio.ensure_future(board_work.until_interrupted(work()))
        while "runs" not in said:
            await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGINT)
        return await code

    return asyncio.run(whole())


def test_the_job_ends_first_where_it_shows_something():
    """What comes after the signal is not done; the way back is, whatever is pressed meanwhile."""
    said, back = Said(), []

    def job(show: Show) -> None:
        show.say("runs")
        try:
            while True:
                show.progress(0, 1)
        except FlashError:
            os.kill(os.getpid(), signal.SIGINT)
            back.append("led back")
            raise

    assert ended(job, said) == board_work.INTERRUPTED
    assert said == ["runs", "interrupted"]
    assert back == ["led back"]


def test_a_board_that_holds_it_up_is_left_with_the_way_on(monkeypatch, capsys):
    """Nobody has to kill the program; what is said then is true."""
    said, lets_go, left = Said(), threading.Event(), []
    monkeypatch.setattr(board_work, "_LED_BACK_S", 0.05)
    monkeypatch.setattr(board_work.os, "_exit", lambda code: (left.append(code), lets_go.set()))

    def job(show: Show) -> None:
        show.say("runs")
        lets_go.wait(ENDS_S)

    assert ended(job, said) == board_work.INTERRUPTED
    assert left == [board_work.INTERRUPTED]
    assert "plug it in, and run the same command again" in capsys.readouterr().err


def test_what_the_job_gives_is_given():
    """And what it raises is raised."""

    async def one(job):
        return await board_work.in_order(job, Said().show, "interrupted")

    assert asyncio.run(one(lambda _: 7)) == 7

    def fails(_: Show) -> None:
        raise FlashError("no")

    with pytest.raises(FlashError, match="no"):
        asyncio.run(one(fails))
