"""What all tests share: what the machine may lack, and the flag for the long sweeps."""

import os
import shutil
import sys

import pytest

REQUIRE_ALL = os.environ.get("HEADWORKS_REQUIRE_ALL") == "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the heavier sweeps too")


def _missing(what: str) -> str | None:
    """Why a need is not met here, or None. `program:NAME` or `linux`."""
    kind, _, name = what.partition(":")
    if kind == "program":
        return None if shutil.which(name) else f"{name} is not installed"
    if kind == "linux":
        return None if sys.platform == "linux" else "this needs Linux"
    return f"unknown need {what!r}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="long: run with --long"))
        for mark in item.iter_markers("needs"):
            reason = _missing(mark.args[0])
            if reason and not REQUIRE_ALL:
                item.add_marker(pytest.mark.skip(reason=reason))
