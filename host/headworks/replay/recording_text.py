"""A recording's differences for people: what was seen, what was decided then, and what today."""

from collections.abc import Iterator

from headworks.model.plan import Plan, RackPlan
from headworks.model.text import clean
from headworks.replay.recording import Comparison, Difference, flat


def told(difference: Difference) -> Iterator[str]:
    """One difference, as lines: snapshot, then both plans side by side."""
    snapshot = difference.snapshot
    yield f"row {difference.row}, t = {snapshot.t_s:.3f} s"
    yield "  seen:"
    for path, value in flat(snapshot._replace(commands=())).items():
        if path != "t_s" and not path.endswith(("_s", ".seq")):
            yield f"    {clean(path)} = {clean(_word(value))}"
    for command in snapshot.commands:
        yield f"    command {command.action} {clean(command.target)} by {clean(command.actor)}"
    yield "  decided:"
    yield from _beside(difference.old, difference.new)
    yield "  what differs (recorded → today):"
    for path, old, new in difference.changes:
        yield f"    {clean(path)}: {clean(_word(old))} → {clean(_word(new))}"


def _beside(old: Plan, new: Plan) -> Iterator[str]:
    rows = [("", "recorded", "today"), ("envelope", _envelope(old), _envelope(new))]
    then = {rack.name: rack for rack in old.racks}
    now = {rack.name: rack for rack in new.racks}
    names = dict.fromkeys((*then, *now))
    rows += [(clean(name), _rack(then.get(name)), _rack(now.get(name))) for name in names]
    first, second = (max(len(row[n]) for row in rows) for n in (0, 1))
    for name, was, is_now in rows:
        mark = " " if was == is_now or not name else "*"
        yield f"   {mark}{name:<{first}}  {was:<{second}}  {is_now}".rstrip()


def _envelope(plan: Plan) -> str:
    binding = plan.envelope.binding
    return clean(f"{plan.envelope.kw:g} kW by {binding.source} ({binding.reason.code})")


def _rack(rack: RackPlan | None) -> str:
    if rack is None:
        return "not there"
    return f"{'on' if rack.on else 'off'}, {rack.state} ({rack.reason.code})"


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def summary(found: Comparison) -> str:
    """All in one sentence or two."""
    scans = f"{found.rows} scan" + ("" if found.rows == 1 else "s")
    if found.different:
        text = f"{scans}, {found.different} decided otherwise today."
    else:
        text = f"{scans}, all decided the same today."
    if found.broken:
        text += (
            f" {found.broken} do not follow from the scan before: a hole in the recording, a "
            "restart, or what a difference led to."
        )
    return text
