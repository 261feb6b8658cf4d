"""One board after another: what fails with one keeps no other from its turn."""

import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from headworks.faces.client import RefusedError, StationError
from headworks.flash.errors import DoesNotStartError, FlashError
from headworks.model.text import clean

FAILED = 1


async def each(
    names: Sequence[str],
    job: Callable[[str], Awaitable[object]],
    *,
    before: Mapping[str, str] | None = None,
    as_json: bool = False,
) -> int:
    """Do a job for each board; 0, or 1 and a last line that says which failed and why.

    `before`: by name, why boards that were asked for cannot have their turn at all. Two things end
    it before the last board: a station that is gone, and a firmware that does not start where it
    was put, which would take the next board's outputs too. A board that is alone raises what its
    job raises.
    """
    failed, left = dict(before or {}), list(names)
    alone = len(left) + len(failed) == 1
    try:
        while left:
            name = left.pop(0)
            try:
                await job(name)
            except (FlashError, StationError) as error:
                if alone:
                    raise
                failed[name] = str(error)
                tell_failed(name, failed[name], as_json=as_json)
                if not _may_go_on(error):
                    break
    finally:
        if failed and not alone:
            _tell_sum(failed, left)
    return FAILED if failed else 0


def tell_failed(name: str, why: str, *, as_json: bool) -> None:
    """That a board failed, when it does: whoever waits for the others may go and look at it."""
    if as_json:
        print(json.dumps({"name": name, "result": "failed", "cause": why}), flush=True)
    else:
        print(f"{clean(name)}: failed: {_cause(name, why)}", file=sys.stderr, flush=True)


def _may_go_on(error: FlashError | StationError) -> bool:
    return isinstance(error, (FlashError, RefusedError)) and not isinstance(
        error, DoesNotStartError
    )


def _cause(name: str, why: str) -> str:
    return clean(" ".join(why.splitlines())).removeprefix(f"{name}: ")


def _tell_sum(failed: Mapping[str, str], left: Sequence[str]) -> None:
    told = "; ".join(f"{clean(name)} ({_cause(name, why)})" for name, why in failed.items())
    print(f"headworks board: failed: {told}", file=sys.stderr, flush=True)
    if left:
        names = clean(", ".join(left))
        print(f"headworks board: not touched after that: {names}", file=sys.stderr, flush=True)
