"""`headworks doctor`: what this machine lacks for a safe station, and what to do about it.

With a site file its ports and lines are checked as well. Exit code 0 unless there is a problem, 1
if there is, 2 if the site file cannot be used.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headworks.field.doctor import Finding
    from headworks.model.site import Site

MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks doctor`."""
    parser.add_argument("--site", type=Path, metavar="SITE", help="default: site.toml, if there")
    parser.add_argument("--json", action="store_true", help="for tools: a list of findings")
    parser.add_argument(
        "--udev", action="store_true", help="print the udev rules for sensor boards, and no check"
    )


def run(args: argparse.Namespace) -> int:
    """Look at this machine."""
    from headworks.cli.check import DEFAULT_SITE
    from headworks.field.doctor import Machine, examine
    from headworks.flash.holders import holder
    from headworks.site import SiteErrors, SiteUnreadable, load_site

    if args.udev:
        from headworks.field.doctor.udev import rules

        print(rules(), end="")
        return 0
    site: Site | None = None
    path = args.site or (DEFAULT_SITE if DEFAULT_SITE.exists() else None)
    if path is not None:
        try:
            site = load_site(path)
        except SiteUnreadable as error:
            print(f"headworks: {error}", file=sys.stderr)
            return 2
        except SiteErrors as error:
            text = f"{len(error.problems)} mistakes; run: headworks check {path}"
            print(f"headworks: {path}: {text}", file=sys.stderr)
            return 2
    findings = [*examine(Machine(holder=lambda path: holder(str(path))), site), *_ring(site)]
    print(as_json(findings) if args.json else as_text(findings))
    return int(any(finding.status == "problem" for finding in findings))


def _ring(site: "Site | None") -> "list[Finding]":
    """How many hours of recordings fit, as worked out or as they were written so far."""
    from headworks import paths
    from headworks.field.doctor.finding import ok, warning
    from headworks.record.ring import hours_held, ring_hours

    if site is None or not site.meters:
        return []
    wanted, most_mb = site.record.recorder_hours, site.record.recorder_mb
    try:
        measured = ring_hours(paths.records_dir(), most_mb)[1]
    except OSError:
        measured = None
    fit = hours_held((meter.poll_s for meter in site.meters), most_mb)
    how = "worked out from its meters"
    if measured is not None:
        fit, how = measured, "at the rate of those that there are"
    text = (
        f"{most_mb:g} MB hold about {fit:.0f} h of recordings ({how}); {wanted:g} h are asked for"
    )
    if fit >= wanted:
        return [ok("recorder", text)]
    more = (
        f"write recorder_mb = {most_mb * wanted / fit:.0f} under [record], or fewer recorder_hours"
    )
    return [warning("recorder", text, more)]


def as_json(findings: "Sequence[Finding]") -> str:
    """The findings for tools."""
    return json.dumps([finding._asdict() for finding in findings], indent=1)


def as_text(findings: "Sequence[Finding]") -> str:
    """One line for each finding, what to do below it, and a sum at the end."""
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.status]}  {finding.check}: {finding.text}")
        if finding.advice:
            lines.append(f"{'':9}→ {finding.advice}")
    lines.append(f"{_sum(findings)}, {len(findings)} checks")
    return "\n".join(lines)


def _sum(findings: "Sequence[Finding]") -> str:
    counts = {
        status: sum(finding.status == status for finding in findings)
        for status in ("problem", "warning")
    }
    return ", ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items())
