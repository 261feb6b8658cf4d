"""The work of `headworks replay`: cases, rows, report."""

import argparse
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from headworks.cli import table
from headworks.cli.replay_args import take_example
from headworks.cli.replay_read import data_wish, load_site, notes, reading
from headworks.model.site import Site
from headworks.replay import report
from headworks.replay.compare import Case, case, play, rivals, with_racks
from headworks.replay.data_clouds import Cloud
from headworks.replay.data_error import DataError
from headworks.replay.data_times import Times, zone
from headworks.replay.faults import Injected, split_faults
from headworks.replay.plant import PlantOptions
from headworks.replay.report_decisions import Decisions
from headworks.replay.report_files import report_files
from headworks.replay.rows import Block
from headworks.replay.tally import Played


def replay(args: argparse.Namespace) -> int:
    """Play and report. Raises DataError, RowsError, FaultError."""
    report.wanted()
    take_example(args)
    site = load_site(args.site)
    wish = data_wish(args, site)
    cases = _cases(args, site, wish.timezone)
    digest = sha256(args.data)
    with (
        report_files(args.out) as files,
        files.path("decisions.csv").open("w", newline="", encoding="utf-8") as file,
        reading(args, site, wish, "replay", _clouds(args, wish.timezone)) as (data, made, rows),
    ):
        decisions = Decisions(file, data.told.zone)

        def watch(_block: Block, played: list[Played]) -> None:
            for one, found in zip(cases, played, strict=True):
                decisions.add(one.label, found.events)

        play(rows, cases, watch)
        file.flush()
        told = notes(made, data, args) + [f"A fault was put in: {text}." for text in args.fault]
        source = report.Source(args.data, digest, data.told, told)
        found = report.collect(source, cases)
        report.write(files, source, cases, found)
    _say(args, found)
    return 0


def _say(args: argparse.Namespace, found: dict[str, Any]) -> None:
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for note in found["data"]["notes"]:
        print(note, file=sys.stderr)
    head, *lines = report.summary(found)
    table.show(head, lines, right=head[1:], headed=True)
    print(f"report: {args.out / 'report.html'}", file=sys.stderr)


def _cases(args: argparse.Namespace, site: Site, clock: str) -> list[Case]:
    """The site, and what it is compared with. Raises DataError, FaultError."""
    plant = PlantOptions(ramp_s=args.ramp)
    faults, _ = split_faults(fault(text, clock) for text in args.fault)
    named = [(args.site, site), *((path, load_site(path)) for path in args.compare)]
    if args.racks is not None:
        if not 1 <= args.racks <= 1000:
            raise DataError(f"--racks {args.racks}: write a number from 1 to 1000")
        named = [(path, with_racks(one, args.racks)) for path, one in named]
    labels = _labels([(path.stem, one.name) for path, one in named])
    if args.rivals and len(labels) == 1:
        labels = ["Headworks"]
    cases = [case(label, one, plant, faults) for label, (_, one) in zip(labels, named, strict=True)]
    return cases + (rivals(cases[0].site, plant) if args.rivals else [])


def _labels(named: list[tuple[str, str]]) -> list[str]:
    """What people call the cases: the sites' names, their files', or those with a number."""
    for names in ([name for _, name in named], [stem for stem, _ in named]):
        if len(set(names)) == len(names):
            return names
    return [f"{stem} {n}" for n, (stem, _) in enumerate(named, 1)]


def _clouds(args: argparse.Namespace, clock: str) -> tuple[Cloud, ...]:
    return split_faults(fault(text, clock) for text in args.fault)[1]


def fault(text: str, clock: str) -> Injected:
    """`NAME[@TARGET][=VALUE][,FROM[,UNTIL]]`. Raises DataError."""
    head, *times = text.split(",")
    head, equals, value = head.partition("=")
    name, _, target = head.partition("@")
    try:
        number = float(value) if equals else None
    except ValueError as error:
        raise DataError(f"--fault {text}: {value!r} is no number") from error
    if len(times) > 2:
        raise DataError(f"--fault {text}: write NAME@TARGET=VALUE,FROM,UNTIL")
    begin, end = (_when(text, times[n], clock) if n < len(times) else default
                  for n, default in enumerate((0.0, float("inf"))))  # fmt: skip
    return Injected(name, target, begin, end, number)


def _when(fault_text: str, text: str, clock: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"--fault {fault_text}: write times as 2017-06-18T12:00") from error
    found = Times(Path("--fault"), zone(clock)).take(1, text, when)
    if found is None:
        raise DataError(f"--fault {fault_text}: {text} does not exist in {clock}")
    return found


def sha256(path: Path) -> str:
    """The digest of the data, so that a report says from which file it is. Raises DataError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()
