"""One drawing: what the racks drew each day, how much of it surplus covered, and days with gaps."""

from collections.abc import Sequence
from typing import NamedTuple

SURPLUS, OTHER, GAP, INK, RULE = "#1f6f54", "#b9bec6", "#c0392b", "#475160", "#e3e6ea"
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720.0, 150.0, 44.0, 8.0, 24.0
_STEPS = (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)  # a quarter of each is short


class Day(NamedTuple):
    """A day of the month: Wh drawn and covered (None: not known), and whether it has gaps."""

    number: int
    drawn_wh: int | None
    surplus_wh: int | None
    gap: bool


def draw(days: Sequence[Day]) -> str:
    """The drawing as SVG, 720 by 150. Contains no text but numbers."""
    top_kwh = _ceiling(max((day.drawn_wh or 0) for day in days) / 1000)
    tall = _HEIGHT - _TOP - _BOTTOM
    slot = (_WIDTH - _LEFT) / len(days)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        'font-family="Noto Sans, sans-serif" font-size="9">'
    ]
    for line in range(5):
        y = _TOP + tall * line / 4
        value = top_kwh * (4 - line) / 4
        parts.append(
            f'<path d="M{_LEFT:g} {y:.1f}H{_WIDTH:g}" stroke="{RULE}" stroke-width="1"/>'
            f'<text x="{_LEFT - 6:g}" y="{y + 3:.1f}" fill="{INK}" text-anchor="end">'
            f"{value:,g}</text>"
        )
    for index, day in enumerate(days):
        parts += _bar(day, _LEFT + slot * index, slot, tall / (top_kwh * 1000))
    return "".join((*parts, "</svg>"))


def _bar(day: Day, x: float, slot: float, px_per_wh: float) -> list[str]:
    foot = _HEIGHT - _BOTTOM
    left, wide = x + slot * 0.16, slot * 0.68
    parts = []
    for wh, colour in ((day.drawn_wh, OTHER), (day.surplus_wh, SURPLUS)):
        if wh:
            high = wh * px_per_wh
            parts.append(
                f'<path d="M{left:.1f} {foot:.1f}v{-high:.2f}h{wide:.1f}v{high:.2f}z" '
                f'fill="{colour}"/>'
            )
    if day.gap:
        parts.append(
            f'<path d="M{left:.1f} {foot + 2:.1f}h{wide:.1f}v2.4h{-wide:.1f}z" fill="{GAP}"/>'
        )
    parts.append(
        f'<text x="{x + slot / 2:.1f}" y="{foot + 15:.1f}" fill="{INK}" text-anchor="middle">'
        f"{day.number}</text>"
    )
    return parts


def _ceiling(value: float) -> float:
    """The next round number; four of its quarters are round too."""
    power = 1.0
    while value > 10 * power:
        power *= 10
    return next((step * power * 1.0 for step in _STEPS if step * power >= value), 10 * power)
