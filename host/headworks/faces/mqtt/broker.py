"""The connection to the broker: TLS, credentials, last will, and publications that were taken.

MQTT 5, since only there a message that was published as retained can be told from another.
Decides nothing about what is sent.
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiomqtt
from aiomqtt.types import PayloadType
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from headworks.faces.mqtt.causes import no_answer, told
from headworks.faces.mqtt.orders import MOST_BYTES
from headworks.faces.mqtt.topics import BRIDGE, OFFLINE
from headworks.faces.secret_file import SecretError, read_secrets, text_of
from headworks.faces.trust import trusted
from headworks.model.outside import MqttSpec

KEEPALIVE_S = 15
TIMEOUT_S = 10.0
MOST_QUEUED = 100  # commands that wait to be judged; what comes beyond is dropped and counted
_LOG = logging.getLogger("headworks.mqtt")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


class BrokerError(Exception):
    """The broker does not take something; the text says why."""


class Access(NamedTuple):
    """How the broker is reached."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    user: str = ""
    password: str = ""


class Message(NamedTuple):
    """What came from the broker."""

    topic: str
    payload: bytes
    retained: bool


def access(spec: MqttSpec) -> Access:
    """Read what the site file points at. Raises SecretError, one line with the file's name."""
    parts = urlsplit(spec.broker)
    found = Access(parts.hostname or "", parts.port or 0, None)
    if parts.scheme == "mqtts":
        found = found._replace(tls=trusted(spec.ca))
    if spec.credentials:
        path = Path(spec.credentials)
        data = read_secrets(path, ("user", "password"))
        user, password = text_of(data, "user", path), text_of(data, "password", path)
        if not user:
            raise SecretError(f'{path}: has no user; write user = "…" and password = "…"')
        found = found._replace(user=user, password=password)
    return found


class _Queue(asyncio.Queue[Any]):
    """A queue that counts what it has no room for."""

    dropped = 0

    def put_nowait(self, item: Any) -> None:
        """Raises QueueFull, which the library takes as: discard it."""
        if self.full():
            _Queue.dropped += 1
        super().put_nowait(item)


class _Client(aiomqtt.Client):
    """Sees the broker's refusals, which the library takes for confirmations."""

    refusal = ""

    def _on_publish(self, client: Any, userdata: Any, mid: int, code: Any, properties: Any) -> None:
        if getattr(code, "is_failure", False):
            self.refusal = str(code)
        super()._on_publish(client, userdata, mid, code, properties)


class Broker:
    """One connection. Publishes one after another; every call raises BrokerError."""

    def __init__(self, client: _Client, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._turn = asyncio.Lock()

    async def publish(
        self, topic: str, payload: PayloadType, *, retain: bool = False, sure: bool = False
    ) -> None:
        """Below the prefix. `sure`: return when the broker has confirmed it (QoS 1)."""
        await self.publish_at(f"{self._prefix}/{topic}", payload, retain=retain, sure=sure)

    async def publish_at(
        self, topic: str, payload: PayloadType, *, retain: bool = False, sure: bool = False
    ) -> None:
        """At a whole topic."""
        async with self._turn:
            self._client.refusal = ""
            try:
                await self._client.publish(topic, payload, qos=int(sure), retain=retain)
            except (aiomqtt.MqttError, ValueError) as error:
                raise BrokerError(told(error)) from error
            if self._client.refusal:
                raise BrokerError(f"it refuses {topic}: {self._client.refusal}")

    async def leave(self, within_s: float) -> None:
        """Say good-bye, as far as the broker takes it within this time."""
        self._client.timeout = within_s
        with suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(within_s):
                await self.publish(BRIDGE, OFFLINE, retain=True, sure=True)

    async def subscribe(self, topic: str) -> None:
        """Ask for what comes at a topic below the prefix."""
        options = SubscribeOptions(qos=1, retainAsPublished=True)
        try:
            codes = await self._client.subscribe(f"{self._prefix}/{topic}", options=options)
            for code in codes:
                if getattr(code, "is_failure", False):
                    raise BrokerError(f"it refuses to tell of {self._prefix}/{topic}: {code}")
        except aiomqtt.MqttError as error:
            raise BrokerError(told(error)) from error

    async def messages(self) -> AsyncIterator[Message]:
        """What comes, until the connection breaks; what was retained says so."""
        try:
            async for one in self._client.messages:
                payload = one.payload if isinstance(one.payload, bytes) else b""
                yield Message(str(one.topic), payload, bool(one.retain))
        except aiomqtt.MqttError as error:
            raise BrokerError(told(error)) from error

    @staticmethod
    def overflow() -> int:
        """How many messages there was no room for."""
        return _Queue.dropped


@asynccontextmanager
async def connected(to: Access, prefix: str) -> AsyncIterator[Broker]:
    """A connection; when it breaks the broker tells everybody. Raises BrokerError."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = 2 * MOST_BYTES
    there = False
    try:
        async with _Client(
            to.host, to.port, identifier=identity(prefix), tls_context=to.tls,
            username=to.user or None, password=to.password or None,
            protocol=aiomqtt.ProtocolVersion.V5, clean_start=True,
            will=aiomqtt.Will(f"{prefix}/{BRIDGE}", OFFLINE, qos=1, retain=True),
            keepalive=KEEPALIVE_S, timeout=TIMEOUT_S, properties=properties, logger=_LOG,
            queue_type=_Queue, max_queued_incoming_messages=MOST_QUEUED,
        ) as client:  # fmt: skip
            there = True
            yield Broker(client, prefix)
    except (aiomqtt.MqttError, OSError, UnicodeError) as error:  # the last of a name of a host
        cause = told(error)
        raise BrokerError(cause if there else no_answer(cause)) from error


def identity(prefix: str) -> str:
    """The name of the connection, which is the prefix's: a new connection takes the place of one
    that the broker has not noticed to be broken, and whose last will would come after us. Plain
    letters, at most 23, which every broker must take."""
    return f"headworks{hashlib.sha256(prefix.encode()).hexdigest()[:12]}"
