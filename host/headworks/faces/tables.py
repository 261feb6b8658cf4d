"""What a site file says, as tables for people and as plain data for tools.

Text from the file is cleaned of control characters; rich never reads it as markup.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal, NamedTuple, TextIO

from headworks.faces.words import clean
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    InterlockSpec,
    ScheduleSignal,
    SetpointSignal,
    SignalSpec,
    Site,
)

PIPE_WIDTH = 110  # columns where nobody says how wide the paper is
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Sheet(NamedTuple):
    """One table: its title, headings and rows of text."""

    title: str
    columns: Sequence[str]
    rows: list[tuple[str, ...]]


def summary(site: Site) -> dict[str, Any]:
    """The whole site as plain data, and what it adds up to in kW."""
    data = asdict(site)
    data["total"] = {"racks": len(site.racks), "rated_kw": _rated_kw(site)}
    return data


def show_site(site: Site, out: TextIO) -> None:
    """Print the tables of a site; plain characters where `out` has no others."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)
    plain = not (out.encoding or "").lower().startswith("utf")
    for sheet in sheets(site):
        if not sheet.rows:
            continue
        style = box.ASCII if plain else box.SIMPLE_HEAD
        table = Table(box=style, title=Text(sheet.title, "bold"), title_justify="left")
        for column in sheet.columns:
            side: Literal["left", "right"] = "right" if column.endswith(" kW") else "left"
            table.add_column(column, justify=side, no_wrap=column == "name", overflow="fold")
        for row in sheet.rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        console.print(table)
    racks = "1 rack" if len(site.racks) == 1 else f"{len(site.racks)} racks"
    line = f"{site.name}: good. {racks}, {_kw(_rated_kw(site))} kW together."
    console.print(Text(clean(line)))


def sheets(site: Site) -> Iterator[Sheet]:
    """The tables of a site, in the order in which power flows."""
    yield Sheet(
        "Meters",
        ("name", "model", "where", "unit", "sign", "poll", "too old after"),
        [
            (m.name, m.model, m.connect, str(m.unit), m.sign.value, _s(m.poll_s), _s(m.max_age_s))
            for m in site.meters
        ],
    )
    yield Sheet(
        "Feeders",
        ("name", "rating kW", "racks kW", "meter", "below"),
        [
            (
                f.name,
                _kw(f.rating_kw),
                _kw(_below_kw(site, f.name)),
                f.meter or "-",
                f.parent or "-",
            )
            for f in site.feeders
        ],
    )
    yield Sheet("Signals", ("name", "what it does"), [(s.name, _signal(s)) for s in site.signals])
    yield Sheet(
        "Switches",
        ("name", "model", "where"),
        [(s.name, s.model, s.connect or "GPIO") for s in site.switches],
    )
    yield _racks(site)
    yield _boards(site)
    yield _interlocks(site)
    yield Sheet("Rules", ("setting", "value"), list(_rules(site)))
    yield Sheet("Told to", ("by", "where", "what"), list(_told(site)))


def _told(site: Site) -> Iterator[tuple[str, str, str]]:
    """Who else is told of the station; of an address no path, which may be a secret."""
    if site.mqtt:
        yield "mqtt", site.mqtt.broker, f"state and events; commands: {site.mqtt.commands}"
    if site.notify:
        scheme, _, rest = site.notify.url.partition("://")
        where = f"{scheme}://{rest.partition('/')[0]}" if rest else "see its secrets"
        yield "notify", where, f"alarms of severity {site.notify.least} or graver"


def _racks(site: Site) -> Sheet:
    return Sheet(
        "Racks",
        ("name", "kind", "rated kW", "feeder", "switch", "feedback", "meter", "priority", "on/off"),
        [
            (
                r.name,
                r.kind.value,
                _kw(r.rated_kw),
                r.feeder or "-",
                r.switch,
                r.feedback or "-",
                r.meter or "-",
                str(r.priority),
                f"{_s(r.min_on_s)}/{_s(r.min_off_s)}",
            )
            for r in site.racks
        ],
    )


def _boards(site: Site) -> Sheet:
    return Sheet(
        "Boards",
        ("name", "model", "where", "address", "zone", "permissive"),
        [
            (
                b.name,
                b.model,
                b.connect,
                str(b.address) if b.address else "-",
                _some(b.zone, site),
                b.permissive or "-",
            )
            for b in site.boards
        ],
    )


def _interlocks(site: Site) -> Sheet:
    return Sheet(
        "Interlocks",
        ("name", "cause", "effect", "racks", "from"),
        [
            (i.name, _cause(i), _effect(i), _some(i.racks, site), i.origin or "site file")
            for i in site.interlocks
        ],
    )


def _signal(signal: SignalSpec) -> str:
    if isinstance(signal, ExportSignal):
        return f"surplus: export at meter {signal.meter}"
    if isinstance(signal, SetpointSignal):
        who = ", ".join(signal.allow) or "anyone"
        return f"setpoint written to {signal.listen} unit {signal.unit} by {who}"
    if isinstance(signal, ContactSignal):
        return f"contact {signal.input}: closed grants {_limit(signal.closed_kw)}, open nothing"
    if isinstance(signal, FrequencySignal):
        return f"trip at {signal.trip_hz:g} Hz of meter {signal.meter}{_droop(signal)}"
    return _schedule(signal)


def _droop(signal: FrequencySignal) -> str:
    if signal.droop_from_hz is None or signal.droop_to_hz is None:
        return ""
    return f", droop from {signal.droop_from_hz:g} to {signal.droop_to_hz:g} Hz"


def _schedule(signal: ScheduleSignal) -> str:
    windows = (
        f"{' '.join(_DAYS[day] for day in w.days)} {_clock(w.start_min)} to {_clock(w.end_min)} "
        f"{_limit(w.limit_kw)}"
        for w in signal.windows
    )
    dates = f"; not on {', '.join(signal.except_dates)}" if signal.except_dates else ""
    return "; ".join(windows) + dates


def _cause(interlock: InterlockSpec) -> str:
    what = interlock.when + (f" minus {interlock.minus}" if interlock.minus else "")
    if interlock.active is not None:
        return f"{what} {'active' if interlock.active else 'inactive'}"
    if interlock.above is not None:
        return f"{what} above {interlock.above:g}"
    return f"{what} below {interlock.below:g}"


def _effect(interlock: InterlockSpec) -> str:
    delay = f" after {_s(interlock.delay_s)}" if interlock.delay_s else ""
    reset = f" until {interlock.local_reset}" if interlock.local_reset else ""
    return f"{interlock.action.value}{', latched' if interlock.latch else ''}{reset}{delay}"


def _some(racks: tuple[str, ...], site: Site) -> str:
    return "all" if len(racks) == len(site.racks) else ", ".join(racks)


def _rules(site: Site) -> Iterator[tuple[str, str]]:
    control = site.control
    yield "time zone, scan", f"{site.timezone}, at least every {_s(site.scan_s)}"
    yield "export left untouched", f"{_kw(control.reserve_kw)} kW"
    yield (
        "start",
        f"rated power + {_kw(control.margin_kw)} kW for {_s(control.start_delay_s)}; "
        f"{control.starts_per_window} starts and {_limit(control.step_kw)} in "
        f"{_s(control.window_s)}",
    )
    yield (
        "shed",
        f"at once beyond {_kw(control.trip_kw)} kW; less after {control.deficit_kws:g} kW·s",
    )
    yield "dead man, upstream trip", f"{site.deadman or 'none'}, {site.upstream_trip or 'none'}"


def _below_kw(site: Site, name: str) -> float:
    """Rated power of the racks at a feeder and at the feeders below it."""
    below = {name}
    for _ in site.feeders:
        below |= {feeder.name for feeder in site.feeders if feeder.parent in below}
    return sum(rack.rated_kw for rack in site.racks if rack.feeder in below)


def _rated_kw(site: Site) -> float:
    return sum(rack.rated_kw for rack in site.racks)


def _limit(kw: float | None) -> str:
    return "no limit" if kw is None else f"{_kw(kw)} kW"


def _kw(kw: float) -> str:
    return f"{kw:.10g}"


def _s(seconds: float) -> str:
    return f"{seconds:g} s"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
