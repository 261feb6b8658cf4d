"""The steps of commissioning, and what each is about. A site is ready when all have passed."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from headworks.model.site import ExportSignal, Site

DEADMAN = "deadman"  # what the dead-man test is about; a site has one


class Step(StrEnum):
    """In the order in which they are done: nothing is switched before the meters are sure."""

    METER = "meter"  # it is the right one, and its values are plausible
    SIGN = "sign"  # a known load step moves its power the right way
    SENSOR = "sensor"  # every channel of a board shows what is there
    RELAY = "relay"  # this relay moves this contactor, and feedback says so
    TRIP = "trip"  # its cause makes the interlock act
    DEADMAN = "deadman"  # the master contactor opens when the station stands still


class Verdict(StrEnum):
    """How a step went. There is nothing in between: what is unclear has no result yet."""

    PASS = "pass"
    FAIL = "fail"


class Commissioned(NamedTuple):
    """One step's result, with what was seen."""

    step: Step
    target: str
    verdict: Verdict
    seen: Mapping[str, float | str]
    actor: str
    role: str
    note: str = ""


def steps(site: Site) -> Iterator[tuple[Step, str]]:
    """Every step of a site with what it is about, in the order in which they are done."""
    signed = {s.meter for s in site.signals if isinstance(s, ExportSignal)}
    signed |= {feeder.meter for feeder in site.feeders if feeder.meter}
    for meter in site.meters:
        yield Step.METER, meter.name
    for meter in site.meters:
        if meter.name in signed:
            yield Step.SIGN, meter.name
    for board in site.boards:
        yield Step.SENSOR, board.name
    for rack in site.racks:
        yield Step.RELAY, rack.name
    for interlock in site.interlocks:
        yield Step.TRIP, interlock.name
    if site.deadman is not None:
        yield Step.DEADMAN, DEADMAN
