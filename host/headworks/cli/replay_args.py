"""What `headworks replay` and `headworks size` ask alike: the data, the plant, where to write."""

import argparse
from collections.abc import Callable
from pathlib import Path

from headworks import replay
from headworks.cli.parser import above_zero, zero_or_more

EXAMPLE = (
    "time=Date",
    "load_kw=Zone1:kW",
    "irradiance_w_m2=general diffuse flows:W/m2",
    "temperature_c=Temperature:°C",
)
UNITS = """\
channels: time, and either grid_kw (power at the point of connection without racks, import
positive) or load_kw with pv_kw or irradiance_w_m2; also temperature_c, frequency_hz,
limit:SIGNAL, other:METER, seen:CHANNEL. A column that bears a channel's name needs no --map.
units: W kW MW, Wh kWh MWh (an interval's energy, its length from the rows or as kWh/15min),
W/m2 kW/m2, °C K °F, Hz mHz. They stand in the heading, "Load (MW)", or in the map.
example:
  --map time=Date --map 'load_kw=Zone1:kW' --map 'irradiance_w_m2=general diffuse flows:W/m2'
  --map temperature_c=Temperature:°C --peak-load-kw 450 --pv-kw 900 --timezone UTC+01:00"""


def add_data(parser: argparse.ArgumentParser) -> None:
    """The options that say what to play and how to read it."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = UNITS
    add = parser.add_argument
    add("--site", type=Path, default=Path("site.toml"), help="site file (default: site.toml)")
    add("--example", action="store_true", help="a measured week and a site to try it with")
    add("--data", type=Path, metavar="FILE", help="measured data: .csv, .csv.gz or .parquet")
    add("--map", action="append", default=[], metavar="CHANNEL=COLUMN[:UNIT][*FACTOR]",
        help="which column is which channel; may be given more than once")  # fmt: skip
    add(
        "--timezone",
        metavar="ZONE",
        help="of times without an offset: Asia/Karachi, UTC+05:00 (default: the site's)",
    )
    add("--time-format", default="", metavar="FORMAT", help="of times, as for strptime")
    add("--decimal-comma", action="store_true", help="figures are written 1.234,5")
    add(
        "--hold",
        type=zero_or_more,
        metavar="S",
        help="a value is held this long, then it is unknown (default: 2.5 times the usual spacing)",
    )
    _add_rows(add)


def _add_rows(add: Callable[..., object]) -> None:
    """What is made of the file's rows."""
    add(
        "--step",
        type=zero_or_more,
        metavar="S",
        help="rows are made this far apart, 0 takes the file's own (default: scan_s of the site)",
    )
    add("--between", choices=("line", "hold"),
        help="values between rows (default: line; hold for an interval's energy)")  # fmt: skip
    add("--pv-kw", type=zero_or_more, default=0.0, metavar="KW",
        help="generation at 1000 W/m², to be made from irradiance")  # fmt: skip
    add("--peak-load-kw", type=above_zero, metavar="KW",
        help="scale load_kw so that the file's highest value is this")  # fmt: skip
    add(
        "--clouds",
        type=int,
        metavar="SEED",
        help="made-up passing clouds over generation, for rows too far apart to show any",
    )
    add("--ramp", type=zero_or_more, default=300.0, metavar="S",
        help="from closing to full power of a miner (default 300)")  # fmt: skip


def take_example(args: argparse.Namespace) -> None:
    """Fill in what `--example` stands for; what was said on the command line stays."""
    if not args.example:
        return
    folder = Path(replay.__file__).with_name("example")
    if args.site == Path("site.toml"):
        args.site = folder / "site.toml"
    if getattr(args, "compare", None):
        args.compare = [_beside(folder, path) for path in args.compare]
    if args.data is None:
        args.data = folder / "tetouan-week.csv"
        args.map = [*EXAMPLE, *args.map]
        args.peak_load_kw = args.peak_load_kw or 450.0
        args.pv_kw = args.pv_kw or 900.0
        args.timezone = args.timezone or "UTC+01:00"


def _beside(folder: Path, path: Path) -> Path:
    """The example's own file of this name, unless there is one here."""
    return path if path.exists() or not (folder / path.name).is_file() else folder / path.name


def add_out(parser: argparse.ArgumentParser, default: str) -> None:
    """Where the report goes."""
    parser.add_argument("--out", type=Path, default=Path(default), metavar="DIR",
                        help=f"folder for the report (default: {default})")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
