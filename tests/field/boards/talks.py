"""A session on the bench: what it sends is kept, and a board that says what the test wants."""

from typing import Any

from headworks.field.boards.session import Session
from headworks.hardware.sensor import config_crc, load_sensor
from headworks.model.site import BoardSpec
from headworks_fw.wire import Frame, Text

SPEC = BoardSpec("safety", "pico-safety", "serial:/dev/ttyX", zone=("a1",), permissive="permit")
AIR = BoardSpec("air", "pico-air", "serial:/dev/ttyX", zone=("a1",))


class Talk:
    """A session with the time it is told. `hello` fields may be changed by name."""

    def __init__(self, spec: BoardSpec = SPEC) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.t_s = 1000.0
        profile = load_sensor(spec.model)
        self.session = Session(spec, profile, lambda k, f: self.sent.append((k, f)), 100)
        self.config = config_crc(profile, spec.name, spec.address)
        self.boot, self.ticks, self.q = "0badcafe", 5000, 0

    def open(self, port: str = "/dev/ttyX") -> "Talk":
        self.session.opened(self.t_s, port)
        return self

    def hello(self, **changes: Any) -> "Talk":
        spec = self.session.spec
        fields = {"p": "1.1", "n": 0, "fw": "0.2.0", "sha": "0", "bd": spec.model, "nm": spec.name}
        fields |= {"uid": "e6", "bt": self.boot, "why": "power-on", "sl": "a", "cfg": self.config}
        self.say("hello", **{**fields, "w": 30, "st": "run", **changes})
        return self

    def ready(self) -> "Talk":
        """Open, introduced, and with a clock."""
        self.open().hello().beat()
        return self

    def beat(self, delay_s: float = 0.01) -> "Talk":
        """Answer the last question about the counter after a while."""
        number = next(f["i"] for kind, f in reversed(self.sent) if kind == "beat")
        self.wait(delay_s / 2)
        ticks = self.ticks
        self.wait(delay_s / 2)
        self.say("beat", i=number, m=ticks)
        return self

    def wait(self, seconds: float) -> "Talk":
        """Time goes by on both sides, without a look."""
        self.t_s += seconds
        self.ticks = (self.ticks + round(seconds * 1000)) % (1 << 30)
        return self

    def pass_s(self, seconds: float) -> "Talk":
        """Time goes by, with the looks that a line gives."""
        end = self.t_s + seconds
        while self.t_s < end:
            self.wait(0.25)
            self.session.tick(self.t_s)
        return self

    def say(self, kind: str, **fields: Any) -> "Talk":
        self.session.received([Frame(kind, 0, fields)], self.t_s)
        return self

    def news(self, kind: str, **fields: Any) -> "Talk":
        """A frame with its number and the counter."""
        self.q = (self.q + 1) % 65536
        return self.say(kind, **{"q": self.q, "m": self.ticks, **fields})

    def readings(self, **values: Any) -> "Talk":
        return self.news("t", v=values, f={})

    def status(self, on: int = 0, latch: str = "", **figures: int) -> "Talk":
        return self.news("st", up=1, o={"permit": [on, latch]}, **figures)

    def text(self, *lines: str) -> "Talk":
        self.session.received([Text(line) for line in lines], self.t_s)
        return self

    def seen(self, channel: str) -> Any:
        return self.session.readings.seen[f"{self.session.spec.name}.{channel}"]

    def asked(self, kind: str) -> list[dict[str, Any]]:
        return [fields for sent, fields in self.sent if sent == kind]

    def codes(self) -> list[str]:
        return [event.reason.code.value for event in self.session.events()]
