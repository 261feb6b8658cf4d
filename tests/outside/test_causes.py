"""Why a broker cannot be used: each cause in one line that says what to do."""

import asyncio
from collections.abc import Awaitable, Callable

import aiomqtt
import pytest

from headworks.faces.mqtt import broker
from headworks.faces.mqtt.broker import Access, BrokerError, connected
from headworks.faces.mqtt.causes import told

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def refused(answer: bytes) -> str:
    """What is told of a peer that says this to a connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        writer.close()

    async def work() -> str:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            to = Access("127.0.0.1", server.sockets[0].getsockname()[1], None)
            with pytest.raises(BrokerError) as found:
                async with connected(to, "headworks/test"):
                    pass
            return str(found.value)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"\x20\x02\x00\x01", "does not speak MQTT 5"),  # of a broker that knows 3.1.1 alone
        (b"\x20\x03\x00\x84\x00", "use a broker that does"),
        (b"\x20\x03\x00\x86\x00", "look at the file of credentials"),
        (b"\x20\x03\x00\x87\x00", "look at the file of credentials"),
        (b"\x20\x03\x00\x85\x00", "does not take the name"),
        (b"\x20\x03\x00\x88\x00", "Server unavailable"),
    ],
)
def test_a_refusal_says_what_to_do(answer: bytes, text: str) -> None:
    """Another version, a wrong password, or a broker that is busy, each in its own words."""
    said = refused(answer)
    assert text in said
    assert "[code" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused, so nobody"),
        (OSError(111, "Connect call failed ('127.0.0.1', 1)"), "connection refused, so nobody"),
        (OSError("Multiple exceptions: [Errno 111] Connect, [Errno 111] Connect"), "is the broker"),
        (aiomqtt.MqttError("[Errno 111] Connection refused"), "is the broker running"),
        (OSError(113, "No route to host"), "no way to this host"),
        (OSError(104, "x"), "Connection reset by peer"),
        (OSError(-2, "Name or service not known"), "Name or service not known"),
    ],
)
def test_an_error_of_the_system_is_told_in_words(error: Exception, text: str) -> None:
    """Never by its number, however the libraries in between have wrapped it."""
    said = told(error)
    assert text in said
    assert "Errno" not in said


def test_a_broker_that_confirms_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs after the greeting: the wait has an end, and the cause is in plain words."""
    monkeypatch.setattr(broker, "TIMEOUT_S", 0.2)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x03\x00\x00\x00")
        while await reader.read(1000):
            pass
        writer.close()

    async def work() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            to = Access("127.0.0.1", server.sockets[0].getsockname()[1], None)
            async with connected(to, "headworks/test") as found:
                await found.publish("bridge", "online", sure=True)

    with pytest.raises(BrokerError, match="confirms nothing"):
        asyncio.run(work())


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x00"])
def test_what_is_no_broker_is_told(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port for TLS or of another program, or a nonsense answer: which port, and TLS or not."""
    monkeypatch.setattr(broker, "TIMEOUT_S", 0.2)
    assert "is this the port for MQTT, and does it want TLS" in refused(answer)
