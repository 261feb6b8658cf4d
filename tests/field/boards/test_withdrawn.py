"""What was asked for somebody who was told that it failed is not done later; what a reset clears."""

import asyncio

import pytest

from field.boards.talks import Talk
from headworks.field.boards import BoardError, Boards
from headworks.field.boards import boards as driver_of_boards
from headworks.field.boards.shared_line import SharedLine
from headworks.model.site import BoardSpec
from headworks_fw.wire import Reader
from sim import sites

ANY = "tcp://127.0.0.1:0"


def silent_safety():
    """A site's boards without ports, the only one known and running, and its bench."""
    talk = Talk().ready().status(0, "smoke")
    boards = Boards(sites.small(ANY, boards=(talk.session.spec,)), int)
    boards._sessions["safety"] = talk.session
    return boards, talk


def test_a_reset_that_was_answered_with_failure_arms_nothing_later(monkeypatch):
    """It waits behind others when its time is over: the board speaks again and is not asked."""
    monkeypatch.setattr(driver_of_boards, "ANSWER_S", 0.05)

    async def go():
        boards, talk = silent_safety()
        before = talk.session.doing.want({"c": "con", "l": "info"}, talk.t_s)
        with pytest.raises(BoardError, match="permit stays open: the board did not answer in time"):
            await boards.reset("safety")
        assert talk.session.doing.asks(101)
        talk.say("ok", i=101).pass_s(3)
        assert [fields["c"] for fields in talk.asked("do")] == ["con"]
        assert before.fields["c"] == "con"

    asyncio.run(go())


def test_a_reset_names_the_latch_that_a_person_was_shown():
    """What latches in the meantime is for another look."""

    async def go():
        boards, talk = silent_safety()
        reset = asyncio.create_task(boards.reset("safety"))
        await asyncio.sleep(0)
        (asked,) = talk.asked("do")
        assert (asked["c"], asked["l"]) == ("arm", "smoke")
        talk.say("no", i=asked["i"], e="latched", s="permit is latched by leak")
        with pytest.raises(BoardError, match="permit stays open: permit is latched by leak"):
            await reset
        reset = asyncio.create_task(boards.reset("safety"))
        await asyncio.sleep(0)
        *_, asked = talk.asked("do")
        talk.say("x", i=asked["i"], k=0, s="permit is latched by leak").say("ok", i=asked["i"])
        with pytest.raises(BoardError, match="smoke is reset, but permit is latched by leak: look"):
            await reset

    asyncio.run(go())


def test_a_reset_waits_until_a_board_has_told_what_latches():
    """A reset that names no latch would clear any, also one that nobody has been shown."""

    async def go():
        boards, talk = silent_safety()
        talk.boot = "feedf00d"
        talk.hello()
        with pytest.raises(BoardError, match="has not told yet what latches; try again"):
            await boards.reset("safety")
        assert talk.asked("do") == []

    asyncio.run(go())


@pytest.mark.parametrize("gone", [False, True])
def test_a_reset_that_was_sent_and_not_answered_is_not_known_and_not_sent_again(monkeypatch, gone):
    """Whether its time is over or its asker has gone."""
    monkeypatch.setattr(driver_of_boards, "ANSWER_S", 0.05)

    async def go():
        boards, talk = silent_safety()
        reset = asyncio.create_task(boards.reset("safety"))
        await asyncio.sleep(0)
        if gone:
            reset.cancel()
        (error,) = await asyncio.gather(reset, return_exceptions=True)
        assert gone or "not known" in str(error)
        talk.pass_s(3)
        assert [fields["c"] for fields in talk.asked("do")] == ["arm"]

    asyncio.run(go())


def test_a_command_that_was_withdrawn_leaves_a_shared_line_too():
    """It waited for its board's turn, which comes after its asker was told that it failed."""

    async def go():
        talk, written = Talk(BoardSpec("one", "pico-rs485", "serial:/dev/none", address=3)), []
        line = SharedLine("serial:/dev/none", 115200, [talk.session], int)
        line.write = written.append
        talk.session._send = lambda kind, fields: line.send(talk.session, kind, fields)
        talk.session._is_open = True
        wish = talk.session.doing.want({"c": "restart"}, 0.0)
        talk.session.doing.want({"c": "blink", "ms": 1}, 0.0)
        talk.session.doing.withdraw(wish, 0.1)
        await line._turn(line._stations[3])
        await line._turn(line._stations[3])
        frames = [Reader().feed(data)[-1] for data in written]
        assert [(frame.kind, frame.fields.get("c")) for frame in frames] == [
            ("do", "blink"), ("poll", None)
        ]  # fmt: skip

    asyncio.run(go())
