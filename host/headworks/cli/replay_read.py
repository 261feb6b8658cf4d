"""From the options of `replay` and `size` to a stream of rows, with a progress bar."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from headworks.model.site import Site
from headworks.replay.columns import parse_map
from headworks.replay.data import Data, DataWish, open_data, peak
from headworks.replay.data_blocks import Pace, Supply, blocks
from headworks.replay.data_clouds import Cloud, Sky
from headworks.replay.data_error import DataError
from headworks.replay.data_fit import fitting
from headworks.replay.rows import Block

OWN_ROWS_S = 2.0  # a file whose rows are no further apart is played row by row


def load_site(path: Path) -> Site:
    """The site of a file. Raises DataError with the first mistake and the way to all of them."""
    from headworks.site import SiteUnreadable, check, read_text

    try:
        site, problems = check(read_text(path), str(path))
    except SiteUnreadable as error:
        raise DataError(str(error)) from error
    if site is None:
        first = next(problem for problem in problems if problem.severity == "error")
        raise DataError(f"{first.render(str(path))} (all mistakes: headworks check {path})")
    if not site.racks:
        raise DataError(f"{path}: the site has no racks, so there is nothing to play")
    return site


def data_wish(args: argparse.Namespace, site: Site) -> DataWish:
    """How to read the file; a wanted peak costs a reading of its own. Raises DataError."""
    if args.data is None:
        raise DataError("no data; name a file of measurements: --data FILE.csv")
    wish = DataWish(
        args.data,
        dict(parse_map(text) for text in args.map),
        args.timezone or site.timezone,
        args.time_format,
        args.decimal_comma,
        args.hold,
    )
    if args.peak_load_kw is None:
        return wish
    return wish._replace(scale={"load_kw": args.peak_load_kw / peak(wish, "load_kw")})


def pace(args: argparse.Namespace, site: Site, data: Data) -> Pace:
    """How far apart rows are made, and what is between those of the file. Raises DataError."""
    usual_s = data.told.usual_s
    step_s = args.step
    if step_s is None:
        step_s = 0.0 if usual_s <= OWN_ROWS_S else max(1.0, site.scan_s)
    if (step_s or usual_s) > (most_s := _most_apart_s(site)):
        which = f"--step {step_s:g}" if step_s else f"{args.data}: rows {usual_s:g} s apart"
        raise DataError(
            f"{which}: the meters of site {site.name!r} go stale after {most_s:g} s, so nothing "
            "would ever run; leave --step out to have rows made as far apart as the station scans"
        )
    line = args.between == "line" if args.between else not data.energies
    return Pace(step_s, line)


def _most_apart_s(site: Site) -> float:
    """How far apart rows may be before meters count as stale."""
    ages = [meter.max_age_s for meter in site.meters]
    return max(2.0 * site.scan_s, min(ages, default=0.0))


def _sky(args: argparse.Namespace, data: Data) -> Sky | None:
    """Raises DataError where clouds would have nothing to shade."""
    if args.clouds is None:
        return None
    shaded("--clouds", data, wanted=True)
    return Sky(args.clouds)


def shaded(option: str, data: Data, *, wanted: bool) -> None:
    """Raises DataError where clouds would have nothing to shade."""
    if wanted and not {"pv_kw", "irradiance_w_m2"} & set(data.channels):
        raise DataError(
            f"{option}: it shades generation; map pv_kw, or irradiance_w_m2 with --pv-kw"
        )


def notes(found: Pace, data: Data, args: argparse.Namespace) -> list[str]:
    """What was made of the file's rows, to be told beside every figure."""
    said = []
    if found.step_s:
        how = "run in a line" if found.line else "are held"
        said.append(
            f"Rows were made {found.step_s:g} s apart; between those of the file values {how}. "
            "What happens faster than the file's rows is not in it: real clouds cause more "
            "switchings and more import."
        )
    if args.clouds is not None:
        said.append(
            f"Clouds were made up (seed {args.clouds}) and shade generation on top of the data: "
            "there is less surplus than was measured, and it comes and goes faster."
        )
    for channel, factor in data.wish.scale.items():
        said.append(f"{channel} × {factor:.5g}, so that its highest value is the wanted peak.")
    if "irradiance_w_m2" in data.channels:
        said.append(
            f"Generation is made from irradiance: {args.pv_kw:g} kW at 1000 W/m², less 0.4 % for "
            "each kelvin of its cells above 25 °C."
        )
    said.append(f"Racks take {args.ramp:g} s from closing to full power.")
    return said


@contextmanager
def reading(
    args: argparse.Namespace,
    site: Site,
    wish: DataWish,
    title: str,
    clouds: tuple[Cloud, ...] = (),
) -> Iterator[tuple[Data, Pace, Iterable[Block]]]:
    """The open file and its rows; the bar moves as they are taken. Raises DataError."""
    with open_data(wish) as data:
        made = pace(args, site, data)
        shaded("--fault cloud", data, wanted=bool(clouds))
        supply = Supply(args.pv_kw, _sky(args, data), clouds)
        rows = fitting(site, blocks(data, made, supply), data)
        with progress(title, data) as shown:
            yield data, made, shown(rows)


@contextmanager
def progress(title: str, data: Data) -> Iterator[Callable[[Iterable[Block]], Iterable[Block]]]:
    """A bar with the time left, where somebody looks; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda rows: rows
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(None), TaskProgressColumn(),
               TimeRemainingColumn(elapsed_when_finished=True))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0)

        def shown(rows: Iterable[Block]) -> Iterator[Block]:
            for block in rows:
                yield block
                bar.update(task, completed=data.share_at(float(block.t_s[-1])))

        yield shown
