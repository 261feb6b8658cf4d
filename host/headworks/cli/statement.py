"""`headworks statement`: a month as a signed document, for the utility and for the operator."""

import argparse
import sys
import time
from pathlib import Path

from headworks import __version__
from headworks.cli.records_options import add_records, add_site, meant, name_folder, running

_FORMS = ("pdf", "html", "csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks statement`."""
    parser.add_argument("--month", required=True, metavar="MONTH", help="the month, as 2026-11")
    for form in _FORMS:
        note = " (what is made if nothing is named)" if form == "pdf" else ""
        parser.add_argument(f"--{form}", action="store_true", help=f"make a {form.upper()}{note}")
    parser.add_argument("--language", default="en", metavar="LANGUAGE", help="en (default) or ur")
    add_site(parser, "site file")
    add_records(parser)
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: here")


def run(args: argparse.Namespace) -> int:
    """0 with the files' names on standard output; 1 where the month cannot be stated."""
    from headworks.record.seal import KeyFileError, load_key
    from headworks.site import SiteErrors, SiteUnreadable, load_site
    from headworks.statement.files import write
    from headworks.statement.gather import gather
    from headworks.statement.model import StatementError
    from headworks.statement.sealed import Form
    from headworks.statement.words import words

    path, where = meant(args)
    forms = [Form(form) for form in _FORMS if getattr(args, form)] or [Form.PDF]
    try:
        words(args.language)
        site = load_site(path)
        now_s = int(time.time())
        statement = gather(where, site, args.month, now_s, f"headworks {__version__}")
        made = write(statement, forms, args.language, load_key(where), args.out)
    except SiteErrors as errors:
        print(errors, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"headworks: {_missing(error, where)}", file=sys.stderr)
        return 1
    except (SiteUnreadable, StatementError, KeyFileError) as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 1
    if args.records is None:
        name_folder(where)
    if not statement.complete:
        print("headworks: the month still runs, so this is preliminary", file=sys.stderr)
    for file in made:
        print(file)
    return 0


def _missing(error: FileNotFoundError, where: Path) -> str:
    """What is not there, and what to do."""
    if error.filename and not str(error.filename).startswith(str(where)):
        return f"{error.filename}: there is no such folder; make it or name another with --out"
    files = running()
    own = f"--site {files.get('site')} --records {Path(files.get('state', '')) / 'records'}"
    said = f"{where}: there are no records; name their folder with --records"
    return f"{said}. For the station that runs: {own}" if files.get("state") else said
