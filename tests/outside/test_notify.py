"""Alarms to a real web server over HTTPS: in order, at least once, with keys, without secrets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from headworks.cli.main import main
from headworks.faces.kept import KeptOutbox
from headworks.faces.notify import webhook
from headworks.faces.notify.alarms import Alarms
from headworks.faces.notify.webhook import Webhook, target
from headworks.faces.notify.work import Notifier
from headworks.faces.outbox import Outbox
from headworks.faces.say import Say
from headworks.faces.secret_file import SecretError
from headworks.model.outside import NotifySpec
from headworks.model.plan import Event, Reason, ReasonCode
from outside.places import Json, Station, play, until
from outside.receiver import Receiver, receiver

TOKEN = "hush-hush-token"
BODY = '{"title": "{{site}} {{severity}}", "text": "{{source}}: {{text}}", "tag": "{{key}}"}'


def alarm(number: int, kind: str = "alarm", code: ReasonCode = ReasonCode.WELDED) -> Event:
    """An alarm of rack a1 with its number among its figures."""
    return Event(3000.0, "a1", kind, Reason(code, (("tries", float(number)),)))


def spec_for(server: Receiver, folder: Path, **more: Any) -> NotifySpec:
    secret = folder / "notify.secret"
    secret.write_text(f'[headers]\nAuthorization = "Bearer {TOKEN}"\n')
    secret.chmod(0o600)
    wanted = {"body": BODY, "ca": str(server.files.ca), "secrets": str(secret), **more}
    return NotifySpec(server.url, **wanted)


class Telling:
    """A notifier at work in this event loop; its waits are short, and noted."""

    def __init__(self, spec: NotifySpec, folder: Path, station: Path) -> None:
        self.log = StringIO()
        self.waits: list[float] = []
        self.beside = Outbox(folder / "notify.sqlite", spec.keep)
        self._kept = KeptOutbox(Outbox(folder / "notify.sqlite", spec.keep))
        self.now_s = 0.0
        notifier = Notifier(
            spec, Webhook(spec, target(spec)), self._kept, socket=station,
            say=Say("notify", self.log), pause=self._pause, clock=lambda: self.now_s,
        )  # fmt: skip
        self._task = asyncio.ensure_future(notifier.run())

    async def _pause(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        await asyncio.sleep(0.02)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._kept.close()
        self.beside.close()


@asynccontextmanager
async def telling(spec: NotifySpec, folder: Path, station: Station) -> AsyncIterator[Telling]:
    found = Telling(spec, folder, station.path)
    try:
        await until(lambda: found.beside.cursor() is not None)
        yield found
    finally:
        await found.stop()


def test_an_alarm_is_told_with_its_fields_escaped(tmp_path: Path) -> None:
    """The template's JSON stays JSON whatever a name holds; headers of the secret file go along."""

    async def body(station: Station) -> None:
        station.state["site"]["name"] = 'a "b" \\ {{text}}'
        with receiver(tmp_path / "r") as server:
            async with telling(spec_for(server, tmp_path), tmp_path, station):
                station.say(alarm(1), alarm(1, "start"))
                await until(lambda: server.got)
            (got,) = server.got
        assert got.method == "POST"
        assert got.headers["authorization"] == f"Bearer {TOKEN}"
        assert got.headers["content-type"] == "application/json"
        assert got.body["title"] == 'a "b" \\ {{text}} alarm'
        assert got.body["text"].startswith("a1: ")
        key = f"{station.bulletin.run}-1"
        assert got.body["tag"] == got.headers["idempotency-key"] == key

    play(tmp_path, body)


def test_alarms_wait_on_disk_and_come_in_their_order(tmp_path: Path) -> None:
    """With nobody there, then refused, then through an end of the process: all come, in order."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            port, spec = server.port, spec_for(server, tmp_path)
        async with telling(spec, tmp_path, station) as first:
            station.say(*(alarm(number) for number in range(1, 4)))
            await until(lambda: len(first.waits) > 3)
            assert first.waits[0] < first.waits[3]
        station.say(alarm(4, "alarm-end"))
        with receiver(tmp_path / "r", port=port) as server:
            server.answers = [(503, {"Retry-After": "7"}), (429, {}), (401, {})]
            async with telling(spec, tmp_path, station) as again:
                await until(lambda: len(server.got) == 3 + 4)
                await until(lambda: again.beside.waiting() == 0)
                assert again.waits[0] >= 7.0
                assert TOKEN not in first.log.getvalue() + again.log.getvalue()
                assert "secret-path" not in first.log.getvalue() + again.log.getvalue()
                assert "it answers 503" in again.log.getvalue()
            numbers = [got.body["tag"].rpartition("-")[2] for got in server.got]
            assert list(dict.fromkeys(numbers)) == ["1", "2", "3", "4"]
            assert numbers == sorted(numbers)

    play(tmp_path, body)


def test_an_alarm_that_is_refused_keeps_back_no_other(tmp_path: Path) -> None:
    """One whose text the receiver does not like is given up, counted and told as soon as another
    one is taken; every other one arrives."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            server.unwanted = '-1"'
            async with telling(spec_for(server, tmp_path), tmp_path, station) as found:
                station.say(*(alarm(number) for number in range(1, 5)))
                await until(lambda: found.beside.dropped() == 1 and found.beside.waiting() == 0)
                await until(lambda: "is refused while others are taken" in found.log.getvalue())
        numbers = [got.body["tag"].rpartition("-")[2] for got in server.got]
        assert numbers == ["1"] * 3 + ["2", "1", "3", "4"]

    play(tmp_path, body)


def test_a_receiver_that_refuses_all_loses_nothing_for_a_day(tmp_path: Path) -> None:
    """A wrong address or header costs no alarm until a day of this process has gone, whatever the
    wall clock says of how long the alarm lies there; then the first is given up."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            server.unwanted = "tag"
            async with telling(spec_for(server, tmp_path), tmp_path, station) as found:
                station.say(alarm(1), alarm(2))
                old = "UPDATE waiting SET since_s = 0"  # as if the clock had been set since
                await until(lambda: found.beside.waiting() == 2)
                found.beside.change(lambda connection: connection.execute(old))
                tries = len(server.got)
                await until(lambda: len(server.got) > tries + 8)
                assert (found.beside.waiting(), found.beside.dropped()) == (2, 0)
                found.now_s += 86_401.0
                await until(lambda: found.beside.dropped() == 1)
                await until(lambda: "was refused for a day" in found.log.getvalue())

    play(tmp_path, body)


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    """The oldest alarms are given up, counted and told in the log."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            spec = spec_for(server, tmp_path, keep=10)
        async with telling(spec, tmp_path, station) as found:
            station.say(*(alarm(number) for number in range(25)))
            await until(lambda: found.beside.dropped() == 15)
            await until(lambda: "15 alarms were given up" in found.log.getvalue())
            assert found.beside.waiting() == 10

    play(tmp_path, body)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((302, {"Location": "http://127.0.0.1:1/"}), "sends elsewhere (302), which is not"),
        ((500, {}), "it answers 500"),
    ],
)
def test_only_a_good_answer_is_one(tmp_path: Path, answer: Any, cause: str) -> None:
    """A redirect is not followed with our secrets; an error is tried again with the same key."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            server.answers = [answer]
            async with telling(spec_for(server, tmp_path), tmp_path, station) as found:
                station.say(alarm(1))
                await until(lambda: len(server.got) == 2)
                assert cause in found.log.getvalue()
            assert server.got[0].body == server.got[1].body

    play(tmp_path, body)


def test_a_receiver_that_says_nothing_is_left() -> None:
    """Within `timeout_s`, when it takes the connection and says nothing; it is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/secret-path"
        spec = NotifySpec(url, timeout_s=0.3)
        outcome = asyncio.run(Webhook(spec, target(spec)).tell("k", {}))
    assert (outcome.done, outcome.final) == (False, False)
    assert outcome.cause == "no answer within 0.3 s"


@pytest.mark.parametrize(
    ("said", "done", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", True, ""),
        (
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n",
            False,
            "look at the path of its url",
        ),
        (b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", False, "does not answer as a web server does"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, False, "does not answer as a web server does"),
    ],
)
def test_the_beginning_of_an_answer_says_all(
    monkeypatch: pytest.MonkeyPatch, said: bytes, done: bool, cause: str
) -> None:
    """A receiver that has said 200 has taken the alarm, though its text never ends; one that is no
    web server is told in words that help."""
    monkeypatch.setattr(webhook, "MOST_ANSWER_S", 0.1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(said)
        await reader.read()
        writer.close()

    async def work() -> webhook.Outcome:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret-path"
            spec = NotifySpec(url, timeout_s=10.0, body="{}")
            return await Webhook(spec, target(spec)).tell("k", {})

    outcome = asyncio.run(work())
    assert outcome.done is done
    assert cause in outcome.cause
    assert "secret-path" not in outcome.cause


@pytest.mark.parametrize(
    ("text", "url", "words"),
    [
        ('url = "https://hooks.example/T0/hush"\n', "", ""),
        ("[headers]\nX = 'y'\n", "", "no usable url"),
        ('url = "https://[::1/hush"\n', "", "no usable url"),
        ('url = "https://ex-.ämple/hush"\n', "", "no usable url"),
        ('url = "https://xn--a/hush"\n', "", "no usable url"),
        ('url = "https://hooks.example:99999/hush"\n', "", "no usable url"),
        ('url = "https://a:hush@hooks.example/"\n', "", "no usable url"),
        ('url = "http://hooks.example/hush"\n', "", "would cross the network in clear"),
        ("[headers]\nX = 'hush'\n", "http://hooks.example/", "would cross the network in clear"),
        ('headers = "hush"\n', "https://hooks.example/", "headers is no table"),
        ('[headers]\nX = "hush\\nY: z"\n', "https://hooks.example/", "a header cannot be sent"),
        ('[headers]\n"X y" = "hush"\n', "https://hooks.example/", "a header cannot be sent"),
    ],
)
def test_the_file_of_secrets_may_hold_the_address(
    tmp_path: Path, text: str, url: str, words: str
) -> None:
    """It wins over the site file's; what cannot be used is told without what it holds."""
    path = tmp_path / "secrets"
    path.write_text(text)
    path.chmod(0o600)
    spec = NotifySpec(url, secrets=str(path))
    if not words:
        assert target(spec).url == "https://hooks.example/T0/hush"
        assert target(spec).shown == "https://hooks.example"
        return
    with pytest.raises(SecretError) as caught:
        target(spec)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    """HTTPS is checked: no request arrives, the cause is told."""

    async def body(station: Station) -> None:
        with receiver(tmp_path / "r") as server:
            async with telling(spec_for(server, tmp_path, ca=""), tmp_path, station) as found:
                station.say(alarm(1))
                await until(lambda: "certificate" in found.log.getvalue())
                assert found.beside.waiting() == 1
            assert server.got == []

    play(tmp_path, body)


def a_state(uptime_s: float, alarms: list[Json], *events: Json) -> Json:
    return {
        "run": "r", "uptime_s": uptime_s, "t_s": 1000.0 + uptime_s, "time": None,
        "site": {"name": "s"}, "alarms": alarms, "events": list(events),
    }  # fmt: skip


def an_event(n: int, source: str, code: str, uptime_s: float, kind: str = "alarm") -> Json:
    values = {"quality": "never"} if code == "unknown" else {}
    return {
        "n": n, "source": source, "kind": kind, "code": code, "t_s": 1000.0 + uptime_s,
        "values": values, "note": "",
    }  # fmt: skip


def lasting(source: str, code: str, severity: str) -> Json:
    return {"source": source, "code": code, "severity": severity, "values": {}}


def test_a_start_is_no_flood_and_hides_nothing() -> None:
    """What is not heard yet is told once it lasts beyond the start; what is real, at once."""
    follows = Alarms("info", ends=True)
    silent, real = lasting("incomer", "unknown", "alarm"), lasting("a1", "welded", "alarm")
    first = follows.look(
        a_state(
            0.5,
            [silent, real],
            an_event(1, "incomer", "unknown", 0.3),
            an_event(2, "meter-a", "unknown", 0.3),
            an_event(3, "a1", "welded", 0.4),
        )
    )
    assert [one["source"] for one in first.tell] == ["a1"]
    assert not first.settled
    ended = an_event(4, "meter-a", "unknown", 1.0, "alarm-end")
    assert follows.look(a_state(1.0, [silent, real], ended)).tell == []
    later = follows.look(a_state(10.5, [silent, real]))
    assert [(one["source"], one["key"]) for one in later.tell] == [("incomer", "r-1")]
    assert later.settled


def test_only_what_is_grave_enough_is_told() -> None:
    """By the least severity of the site file; ends only where they are wanted."""
    now = [lasting("a1", "chatter", "warning"), lasting("a2", "welded", "alarm")]
    events = [
        an_event(1, "a1", "chatter", 50.0),
        an_event(2, "a2", "welded", 50.0),
        an_event(3, "a3", "welded", 50.0, "alarm-end"),
        an_event(4, "a1", "running", 50.0, "start"),
    ]
    for least, ends, wanted in (("info", True, 3), ("alarm", True, 2), ("alarm", False, 1)):
        found = Alarms(least, ends=ends).look(a_state(50.0, now, *events))
        assert len(found.tell) == wanted


def test_the_end_of_a_small_alarm_is_no_news_to_whoever_wants_grave_ones() -> None:
    """An alarm that is over is as grave as it was, though no state has it any more."""
    follows = Alarms("alarm", ends=True)
    small, grave = lasting("a1", "chatter", "warning"), lasting("a2", "welded", "alarm")
    assert follows.look(a_state(50.0, [small, grave])).tell == []
    ends = [an_event(n, *one, 51.0, "alarm-end") for n, one in
            enumerate((("a1", "chatter"), ("a2", "welded")), 1)]  # fmt: skip
    (end,) = follows.look(a_state(51.0, [], *ends)).tell
    assert end["source"] == "a2"
    assert end["text"].startswith("Over; it was: ")
    assert end["todo"] == ""


def test_the_command_sends_a_test_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`headworks notify --test` says what came of it, also when nothing is there."""
    site = tmp_path / "site.toml"
    base = (Path(__file__).parents[1] / "sitefile/good/design.toml").read_text()

    def call() -> tuple[int, str]:
        code = main(["notify", "--test", "--site", str(site)])
        said = capsys.readouterr()
        return code, said.out + said.err

    with receiver(tmp_path / "r", tls=False) as server:
        site.write_text(f'{base}\n[notify]\nurl = "{server.url}"\n')
        code, text = call()
        assert (code, server.got[0].body["text"][:10]) == (0, "jamshoro-2")
        assert "has taken the test message" in text
        assert "secret-path" not in text
        assert main(["notify", "--test", "--url", server.url]) == 0  # without a site file
        assert server.got[1].body["text"].startswith("trial: ")
        capsys.readouterr()
    code, text = call()
    assert code == 1
    assert "onnect" in text  # refused, in the system's words
    assert text.count("\n") == 1
    site.write_text(base)
    code, text = call()
    assert code == 4
    assert "no section [notify]" in text


def test_the_body_that_is_usual_is_json() -> None:
    """The default template passes its own check."""
    from headworks.model.outside import USUAL_BODY
    from headworks.model.template import FIELDS, check, filled

    check(USUAL_BODY)
    assert json.loads(filled(USUAL_BODY, dict.fromkeys(FIELDS, '"\\\n{{x}}')))
