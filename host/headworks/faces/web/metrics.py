"""The station as metrics for Prometheus: base units, unknown is absent, stale is `headworks_up 0`.

Names follow Prometheus' conventions: watts, seconds, hertz, celsius and ratios; counters end in
_total. Pure but for the encoding, which is prometheus_client's.
"""

from collections.abc import Iterable, Iterator

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from headworks.faces.client import State
from headworks.faces.web.metric_boards import board_metrics
from headworks.faces.web.metric_rows import Row, counter, gauge, scaled

STALE_S = 5.0  # a picture older than this says nothing about now
_W, _US = 1000.0, 1e-6  # from kW, from µs
_SEVERITIES = ("alarm", "warning", "info")
_STATES = ("off", "starting", "running", "stopping", "tripped", "faulted", "locked-out")


class _All(Collector):
    """What the encoder asks for."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """All of it."""
        return self._found


def exposition(
    state: State | None, cause: str, age_s: float | None, accept: str
) -> tuple[bytes, str]:
    """The text and its content type, as the `Accept` header likes it.

    Where the station is gone, or its picture older than `STALE_S`, there is `headworks_up 0` and
    no figure of it.
    """
    encode, kind = choose_encoder(accept)
    up = state is not None and not cause and age_s is not None and age_s <= STALE_S
    found = [gauge("headworks_up", "Whether the station is heard, 1, or not, 0.", ({}, up))]
    if state is not None and up:
        found += [*_site(state), *_power(state), *_sources(state), *_racks(state)]
        found += [*_alarms(state), *_scan(state), *board_metrics(state)]
    return encode(_All(one for one in found if one.samples)), kind


def _site(state: State) -> Iterator[Metric]:
    site, version = state["site"], state["version"]
    yield gauge("headworks_build_info", "The version that runs.", ({"version": version}, 1))
    yield gauge(
        "headworks_site_info", "The site and the hash of its site file.",
        ({"site": site["name"], "sha256": site["sha256"]}, 1),
    )  # fmt: skip
    yield gauge(
        "headworks_healthy", "Whether scans come in time and every relay obeys.",
        ({}, state["healthy"]),
    )  # fmt: skip
    yield gauge("headworks_uptime_seconds", "Age of this run.", ({}, state["uptime_s"]))


def _power(state: State) -> Iterator[Metric]:
    envelope = state["envelope"]
    for name, about, kw in (
        ("envelope", "The most that the racks may draw now.", envelope["kw"]),
        ("drawn_power", "What the racks draw.", state["drawn_kw"]),
        ("planned_power", "What they draw and what is reserved.", state["planned_kw"]),
        ("surplus", "Envelope less planned power; below 0 in a deficit.", state["surplus_kw"]),
    ):
        yield gauge(f"headworks_{name}_watts", about, ({}, scaled(kw, _W)))
    limits = envelope["limits"]
    yield gauge(
        "headworks_limit_watts", "What each limit allows; one that sets none is absent.",
        *(({"source": one["source"], "scope": one["scope"]}, scaled(one["kw"], _W))
          for one in _first(limits)),
    )  # fmt: skip
    yield gauge(
        "headworks_limit_binding", "1 for the limit that binds.",
        *(({"source": one["source"], "scope": one["scope"]}, one == envelope["binding"])
          for one in _first(limits)),
    )  # fmt: skip


def _first(limits: Iterable[State]) -> list[State]:
    """One of each source and scope, the tightest: a series may be there once only."""
    found: dict[tuple[str, str], State] = {}
    for one in sorted(limits, key=lambda limit: (limit["kw"] is None, limit["kw"] or 0.0)):
        found.setdefault((one["source"], one["scope"]), one)
    return list(found.values())


def _sources(state: State) -> Iterator[Metric]:
    feeders, meters = state["feeders"], state["meters"]

    def of(kind: str, items: list[State], key: str, by: float = 1.0) -> Iterator[Row]:
        return (({kind: one["name"]}, scaled(one[key], by)) for one in items)

    yield gauge(
        "headworks_feeder_power_watts", "Power at a feeder, import positive.",
        *of("feeder", feeders, "power_kw", _W),
    )  # fmt: skip
    yield gauge(
        "headworks_feeder_rating_watts", "What a feeder may carry.",
        *of("feeder", feeders, "rating_kw", _W),
    )  # fmt: skip
    good = [one for one in meters if one["quality"] == "good"]
    yield gauge(
        "headworks_meter_power_watts", "Power at a meter, import positive; absent unless good.",
        *of("meter", good, "power_kw", _W),
    )  # fmt: skip
    yield gauge(
        "headworks_meter_frequency_hertz", "Frequency at a meter; absent unless good.",
        *of("meter", good, "frequency_hz"),
    )  # fmt: skip
    yield gauge(
        "headworks_meter_age_seconds", "Age of a meter's latest sample.",
        *of("meter", meters, "age_s"),
    )  # fmt: skip
    for kind, items in (("meter", meters), ("signal", state["signals"])):
        yield gauge(
            f"headworks_{kind}_good", f"Whether a {kind}'s value may be used.",
            *(({kind: one["name"]}, one["quality"] == "good") for one in items),
        )  # fmt: skip


def _racks(state: State) -> Iterator[Metric]:
    racks = state["racks"]

    def rows(key: str, by: float = 1.0) -> Iterator[Row]:
        return (
            ({"rack": one["name"], "kind": one["kind"], "feeder": one["feeder"]},
             scaled(one[key], by))
            for one in racks
        )  # fmt: skip

    yield gauge("headworks_rack_power_watts", "What a rack draws.", *rows("power_kw", _W))
    yield gauge("headworks_rack_rating_watts", "What a rack may draw.", *rows("rated_kw", _W))
    yield gauge("headworks_rack_claim_watts", "Reserved for its start.", *rows("claim_kw", _W))
    yield gauge("headworks_rack_on", "Whether a rack is told to be on.", *rows("on"))
    yield gauge("headworks_rack_latched", "Whether a fault is latched.", *rows("latched"))
    yield gauge(
        "headworks_rack_state", "1 for the state that a rack is in.",
        *(({"rack": one["name"], "state": state}, one["state"] == state)
          for one in racks for state in dict.fromkeys((*_STATES, one["state"]))),
    )  # fmt: skip
    yield counter(
        "headworks_rack_switchings_total", "Switchings in a rack's life.", *rows("switchings")
    )
    yield gauge("headworks_rack_starts_last_day", "Starts in 24 hours.", *rows("starts_today"))


def _alarms(state: State) -> Iterator[Metric]:
    lasting = [one["severity"] for one in state["alarms"]]
    severities = dict.fromkeys((*_SEVERITIES, *lasting))
    yield gauge(
        "headworks_alarms", "Alarms that last, by severity.",
        *(({"severity": one}, lasting.count(one)) for one in severities),
    )  # fmt: skip
    yield gauge(
        "headworks_interlock_latched", "Whether an interlock is latched.",
        *(({"interlock": one["name"]}, one["latched"]) for one in state.get("interlocks", ())),
    )  # fmt: skip
    yield gauge(
        "headworks_upstream_trip", "Whether the breaker above a welded rack is asked to open.",
        ({}, state["upstream_trip"]),
    )  # fmt: skip


def _scan(state: State) -> Iterator[Metric]:
    scan = state["scan"]
    for name, about, key, by in (
        ("last_duration", "How long the latest scan took.", "last_us", _US),
        ("p99_duration", "99th percentile of the last 512 scans.", "p99_us", _US),
        ("worst_lateness", "The latest that a scan came, since the start.", "worst_late_s", 1.0),
    ):
        yield gauge(f"headworks_scan_{name}_seconds", about, ({}, scaled(scan[key], by)))
    yield counter("headworks_scans_total", "Scans since the start.", ({}, scan["count"]))
    yield counter("headworks_scans_late_total", "Scans that came late.", ({}, scan["late"]))
