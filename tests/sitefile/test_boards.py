"""Sensor boards and sets of interlocks in a site file: what they become, and what is told."""

from dataclasses import replace
from typing import Any

import pytest

from headworks.hardware.files import HardwareError
from headworks.hardware.sensor import ChannelKind, load_sensor
from headworks.model.site import InterlockAction, InterlockSpec, Site
from headworks.site import check
from headworks.site.sets import load_set
from sitefile.samples import HERE

DESIGN = (HERE / "good" / "design.toml").read_text()
AIR = '\n[[board]]\nname = "air"\nmodel = "pico-air"\nconnect = "usb:E661"\n'
SAFETY = '\n[[board]]\nname = "safety"\nmodel = "pico-safety"\nconnect = "usb:E662"\n'
SET = 'interlocks = ["container"]\n'


def site_of(text: str, head: str = "") -> Site:
    """The site of the example with more at its end, and more in [site]."""
    site, problems = check(DESIGN.replace("[site]\n", f"[site]\n{head}") + text)
    assert site is not None, problems
    return site


def by_name(site: Site) -> dict[str, InterlockSpec]:
    """The site's interlocks by name."""
    return {spec.name: spec for spec in site.interlocks}


def test_the_set_makes_an_interlock_for_every_channel_that_fits() -> None:
    """Air and safety boards get what the container needs, each with its board's name."""
    made = by_name(site_of(AIR + SAFETY, SET))
    assert [name for name, spec in made.items() if spec.origin == "set container"] == [
        "air-intake-warm",
        "air-intake-hot",
        "air-intake-trip",
        "air-dew",
        "air-humid",
        "safety-smoke",
        "safety-leak",
        "safety-fan-fan1_percent",
        "safety-fan-fan2_percent",
        "safety-door",
    ]


CONTAINER: list[tuple[str, dict[str, Any]]] = [
    ("air-intake-warm", {"action": "warn", "above": 35.0}),
    ("air-intake-hot", {"action": "shed", "above": 40.0}),
    ("air-intake-trip", {"action": "trip", "above": 45.0, "latch": True, "max_age_s": 6.0}),
    ("air-dew", {"action": "block", "below": 3.0, "when": "air.dew_margin_k"}),
    ("air-humid", {"action": "block", "above": 80.0, "when": "air.intake_humidity_percent"}),
    ("safety-smoke", {"action": "trip", "active": True, "latch": True, "racks": ("a1",)}),
    ("safety-leak", {"action": "trip", "active": True, "latch": False}),
    ("safety-fan-fan2_percent", {"action": "shed", "below": 50.0, "delay_s": 10.0}),
    ("safety-door", {"action": "warn", "active": True, "max_age_s": 3.0}),
]


@pytest.mark.parametrize(("name", "wanted"), CONTAINER, ids=[row[0] for row in CONTAINER])
def test_what_the_container_set_says(name: str, wanted: dict[str, Any]) -> None:
    """Thresholds, delays, latches and ages are those of the file and of the channel's rate."""
    spec = by_name(site_of(AIR + SAFETY, SET))[name]
    assert {key: getattr(spec, key) for key in wanted} == wanted


def test_smoke_is_everywhere_and_a_leak_in_its_zone() -> None:
    """Smoke takes all racks off; the other interlocks those that the board watches."""
    text = (
        (HERE / "good" / "everything.toml")
        .read_text()
        .replace('zone = ["a1", "feeder:tx1"]', 'zone = "a1"')
    )
    site, _ = check(text)
    assert site is not None
    made = by_name(site)
    assert made["safety-smoke"].racks == ("a1", "g1")
    assert made["safety-leak"].racks == ("a1",)
    assert made["safety-permissive"].racks == ("a1",)


@pytest.mark.parametrize("head", ["", 'local_reset = "safety.reset"\n'])
def test_the_sites_button_resets_smoke(head: str) -> None:
    """Where the site names a contact, only that one clears smoke; a heat trip wants a person."""
    made = by_name(site_of(AIR + SAFETY, SET + head))
    assert made["safety-smoke"].local_reset == ("safety.reset" if head else "")
    assert made["air-intake-trip"].local_reset == ""


def test_an_interlock_of_the_same_name_replaces_the_sets() -> None:
    """The site file's entry stands alone, and says what it stands instead of."""
    own = '\n[[interlock]]\nname = "air-intake-hot"\nwhen = "air.intake_c"\nabove = 38\nshed = "zone"\n'
    made = [s for s in site_of(AIR + own, SET).interlocks if s.name == "air-intake-hot"]
    assert [(s.above, s.hysteresis, s.origin) for s in made] == [
        (38.0, 0.0, "site file, not set container")
    ]


def test_a_permissive_makes_an_interlock() -> None:
    """Racks are off while the relay in series with their contactors is open or unknown."""
    made = by_name(site_of(SAFETY + 'permissive = "permit"\n'))
    assert made["safety-permissive"] == InterlockSpec(
        "safety-permissive",
        "safety.permit",
        InterlockAction.TRIP,
        ("a1",),
        active=False,
        origin="board safety",
    )


@pytest.mark.parametrize(
    ("channel", "age_s"), [("intake_c", 6.0), ("safety.smoke", 3.0), ("dew_margin_k", 6.0)]
)
def test_the_age_follows_from_the_channels_rate(channel: str, age_s: float) -> None:
    """Three samples, and never less than three seconds."""
    point = channel if "." in channel else f"air.{channel}"
    limit = "active = true" if "smoke" in channel else "above = 30"
    lock = f'\n[[interlock]]\nname = "x"\nwhen = "{point}"\n{limit}\nwarn = "zone"\n'
    assert by_name(site_of(AIR + SAFETY + lock))["x"].max_age_s == age_s


@pytest.mark.parametrize(
    ("text", "head", "words"),
    [
        (AIR, "", 'nothing uses board "air"'),
        ("", SET, "set container finds no channel to watch"),
        (AIR.replace("usb:E661", "serial:/dev/ttyACM0"), SET, "may get another number"),
        (SAFETY, SET, 'contactors and write permissive = "permit"'),
    ],
)
def test_what_is_only_doubtful_is_a_warning(text: str, head: str, words: str) -> None:
    """An idle board or relay, an empty set and an unsteady port keep no site from running."""
    site, problems = check(DESIGN.replace("[site]\n", f"[site]\n{head}") + text)
    assert site is not None
    assert [words in problem.text for problem in problems] == [True]


def test_a_broken_set_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the set's file is told where the site includes it."""

    def fail(_: str) -> None:
        raise HardwareError("boards/interlock/container.toml: name is missing")

    monkeypatch.setattr("headworks.site.included.load_set", fail)
    _, problems = check(DESIGN.replace("[site]\n", f"[site]\n{SET}") + AIR)
    assert (
        "boards/interlock/container.toml: name is missing; mend the file or remove the set"
    ) in [problem.text for problem in problems]
    assert problems[0][:2] == (3, 15)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"active": True}, "a number has above or below"),
        ({"above": 400.0}, "above = 400 is outside what intake_c can be"),
        ({"above": 40.0, "hysteresis": 300.0}, "it could never clear"),
    ],
)
def test_a_set_that_does_not_fit_a_channel(
    limits: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A threshold that the board's channel cannot reach is a mistake of the set, with its file."""
    found = load_set("container")
    rule = replace(found.rules[0], limits=limits)
    monkeypatch.setattr("headworks.site.included.load_set", lambda _: replace(found, rules=(rule,)))
    _, problems = check(DESIGN.replace("[site]\n", f"[site]\n{SET}") + AIR)
    told = problems[0].text
    assert told.startswith(
        "boards/interlock/container.toml: interlock 'intake-warm' on air.intake_c: "
    )
    assert words in told
    assert "; " in told


def test_two_sets_that_make_the_same_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets with one name in common cannot both be included."""
    known = {"container": HERE, "other": HERE}
    monkeypatch.setattr("headworks.site.included.models", lambda _: known)
    monkeypatch.setattr(
        "headworks.site.included.load_set",
        lambda name: replace(load_set("container"), name=name),
    )
    head = 'interlocks = ["container", "other"]\n'
    _, problems = check(DESIGN.replace("[site]\n", f"[site]\n{head}") + SAFETY)
    assert problems[0][:2] == (3, 28)
    assert "set container and set other both make safety-" in problems[0].text


def test_a_broken_board_file_is_told_at_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hardware file with a mistake is told at the model that names it."""

    def fail(_: str) -> None:
        raise HardwareError("boards/sensor/x.toml: name is missing")

    monkeypatch.setattr("headworks.site.hardware.load_sensor", fail)
    _, problems = check(DESIGN + AIR)
    assert "boards/sensor/x.toml: name is missing; mend the file or choose another model" in [
        problem.text for problem in problems
    ]


def test_every_kind_of_channel_can_be_watched() -> None:
    """Numbers, contacts and outputs of a board are all good causes."""
    kinds = {c.kind: name for name, c in load_sensor("pico-safety").channels.items()}
    assert set(kinds) == set(ChannelKind)
    for kind, name in kinds.items():
        limit = "below = 10" if kind is ChannelKind.NUMBER else "active = false"
        lock = f'\n[[interlock]]\nname = "x"\nwhen = "safety.{name}"\n{limit}\nwarn = "zone"\n'
        assert by_name(site_of(SAFETY + lock))["x"].when == f"safety.{name}"
