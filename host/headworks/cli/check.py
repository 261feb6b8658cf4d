"""`headworks check SITE`: every mistake in a site file at once, or what the file says.

Exit code 0: good; 1: mistakes; 2: the file cannot be read. Opens no device.
"""

import argparse
import io
import json
import sys
from pathlib import Path

DEFAULT_SITE = Path("site.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks check`."""
    parser.add_argument(
        "site", type=Path, nargs="?", default=DEFAULT_SITE, help="site file (default: site.toml)"
    )
    parser.add_argument("--json", action="store_true", help="for tools: problems and summary")


def run(args: argparse.Namespace) -> int:
    """Check one file."""
    from headworks.model.text import clean
    from headworks.site import SiteUnreadable, check, read_text

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names may be in any script
    try:
        text = read_text(args.site)
    except SiteUnreadable as error:
        if args.json:
            print(json.dumps({"ok": False, "unreadable": str(error), "problems": []}))
        print(f"headworks: {error}", file=sys.stderr)
        return 2
    site, problems = check(text, str(args.site))
    if args.json:
        from headworks.faces.tables import summary

        found = [{"file": str(args.site), **problem._asdict()} for problem in problems]
        content = summary(site) if site else None
        print(json.dumps({"ok": site is not None, "problems": found, "summary": content}))
        return 0 if site else 1
    for problem in problems:
        print(problem.render(str(args.site)))
    errors = sum(problem.severity == "error" for problem in problems)
    if site is None:
        mistakes = "1 mistake" if errors == 1 else f"{errors} mistakes"
        print(f"headworks: {mistakes} in {clean(str(args.site))}", file=sys.stderr)
        return 1
    from headworks.faces.tables import show_site

    show_site(site, sys.stdout)
    return 0
