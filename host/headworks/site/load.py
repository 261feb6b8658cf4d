"""Reads a site file: text → checked Site, or every mistake in it with its place."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import tomli

from headworks.model.site import Site
from headworks.model.text import clean
from headworks.site.boards import check_boards
from headworks.site.book import Book
from headworks.site.build import build
from headworks.site.causes import check_causes
from headworks.site.entries import read_entries
from headworks.site.included import check_included
from headworks.site.lines import check_lines
from headworks.site.locate import locate
from headworks.site.names import check_names
from headworks.site.outside import check_outside
from headworks.site.power import check_power
from headworks.site.problems import Findings, Problem, SiteErrors, SiteUnreadable
from headworks.site.sense import check_sense
from headworks.site.syntax import syntax_problem
from headworks.site.tariff import check_tariff
from headworks.site.unread import check_unread
from headworks.site.wiring import check_wiring

MOST_BYTES = 1_000_000  # a site of 64 racks has about 20 kB
BOM = "\ufeff"

CHECKS = (
    check_unread,
    check_names,
    check_lines,
    check_boards,
    check_wiring,
    check_causes,
    check_included,
    check_power,
    check_sense,
    check_tariff,
    check_outside,
)


def load_site(path: Path) -> Site:
    """The site in a file. Raises SiteErrors with all mistakes, or SiteUnreadable."""
    site, problems = check(read_text(path), str(path))
    if site is None:
        raise SiteErrors(problems, str(path))
    return site


def check(text: str, source: str = "site.toml") -> tuple[Site | None, list[Problem]]:
    """The site, or None where there are mistakes; and all mistakes and warnings by place."""
    try:
        return _check(text, source)
    except RecursionError:
        return None, [Problem(1, 1, "brackets are nested too deeply; write plain sections")]


def _check(text: str, source: str) -> tuple[Site | None, list[Problem]]:
    if text.startswith(BOM):
        return None, [
            Problem(1, 1, "the file begins with a byte order mark; save it as UTF-8 without BOM")
        ]
    try:
        data: dict[str, Any] = tomli.loads(text)
    except ValueError as error:
        return None, [syntax_problem(error, text)]
    findings = Findings()
    book = Book(read_entries(data, locate(text), findings), findings)
    for rule in CHECKS:
        rule(book)
    if findings.failed:
        return None, findings.sorted()
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return build(book, source, sha256), findings.sorted()


def read_text(path: Path) -> str:
    """The text of a file as it is on the disk. Raises SiteUnreadable with one line."""
    shown = clean(str(path))
    try:
        # Without O_NONBLOCK a named pipe would keep us waiting for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SiteUnreadable(f"{shown}: not a plain file; name the site file itself")
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SiteUnreadable(f"{shown}: {_cause(error)}") from error
    if len(content) > MOST_BYTES:
        raise SiteUnreadable(f"{shown}: larger than 1 MB; this is no site file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SiteUnreadable(f"{shown}: not UTF-8 in line {line}; save it as UTF-8") from error


def _cause(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; `headworks init` writes one"
    if isinstance(error, IsADirectoryError):
        return "a folder; name the site file in it"
    if isinstance(error, PermissionError):
        return "no permission to read it; change its owner or mode"
    if isinstance(error, OSError):
        return f"{error.strerror or error}; check the path"
    return "no usable path; check the name"
