"""The work of `headworks size`: a sweep over numbers and sizes of racks, and its report."""

import argparse
import json
import sys

import numpy as np

from headworks.cli import table
from headworks.cli.replay_args import take_example
from headworks.cli.replay_read import data_wish, load_site, notes, reading
from headworks.cli.replay_run import sha256
from headworks.model.site import Site
from headworks.replay import report, size_report
from headworks.replay.data import DataWish
from headworks.replay.data_error import DataError
from headworks.replay.plant import PlantOptions
from headworks.replay.report_files import report_files
from headworks.replay.size import Sweep, counts_for

MOST = 48  # runs of one sweep


def size(args: argparse.Namespace) -> int:
    """Sweep and report. Raises DataError, RowsError."""
    report.wanted()
    take_example(args)
    site = load_site(args.site)
    wish = data_wish(args, site)
    sizes = _numbers("--rack-kw", args.rack_kw) or [site.racks[0].rated_kw]
    chosen = [round(n) for n in _numbers("--racks", args.racks)]
    if chosen:
        counts = dict.fromkeys(sizes, chosen)
    else:
        peak_kw = _peak_surplus_kw(args, site, wish)
        counts = {kw: counts_for(peak_kw, kw) for kw in sizes}
    runs = sum(map(len, counts.values()))
    if runs > MOST or max(map(max, counts.values())) > 1000:
        raise DataError(f"{runs} runs; try at most {MOST}, of 1000 racks at most")
    sweep = Sweep(site, counts, PlantOptions(ramp_s=args.ramp))
    digest = sha256(args.data)
    with report_files(args.out) as files:
        with reading(args, site, wish, f"{len(sweep.runs)} sizes") as (data, made, rows):
            sweep.play(rows)
        source = report.Source(args.data, digest, data.told, notes(made, data, args))
        curves = sweep.curves()
        found = size_report.collect(source, site.name, curves)
        size_report.write(files, found, curves)
    _say(args, found, curves)
    return 0


def _say(args: argparse.Namespace, found: dict[str, object], curves: size_report.Curves) -> None:
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    head, lines = size_report.table(curves)
    table.show(head, lines, right=head[1:], headed=True)
    print(f"report: {args.out / 'report.html'}", file=sys.stderr)


def _peak_surplus_kw(args: argparse.Namespace, site: Site, wish: DataWish) -> float:
    """The highest surplus of the file, which costs a reading of its own."""
    with reading(args, site, wish, "highest surplus") as (_, _, rows):
        return max((float(np.nanmax(-block.site_kw, initial=0.0)) for block in rows), default=0.0)


def _numbers(option: str, text: str | None) -> list[float]:
    """Numbers above zero, separated by commas. Raises DataError."""
    try:
        found = [float(part) for part in (text or "").split(",") if part.strip()]
    except ValueError as error:
        raise DataError(f"{option} {text}: write numbers such as 4,8,12") from error
    if any(not 0.0 < one < 1e6 for one in found) or (
        option == "--racks" and min(found, default=1) < 1
    ):
        raise DataError(f"{option} {text}: write numbers above 0")
    return found
