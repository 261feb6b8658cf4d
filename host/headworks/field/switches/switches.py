"""All switches of a site behind one face: commands, read-back, inputs, the dead-man output.

An outlet is "hat.1", an input "hat.in3". Every outlet starts off and ends off. Decides nothing;
but outlets that the station does not renew are opened (see `lease_s`).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from headworks.field.switches.build import build_boards
from headworks.field.switches.errors import SwitchError
from headworks.field.switches.family import Board
from headworks.model.live import Feedback, Observation, Quality
from headworks.model.site import RackSpec, Site

if TYPE_CHECKING:
    from headworks.field.modbus.links import Links

log = logging.getLogger("headworks.switches")

STOP_S = 3.0  # a device that has not answered by then is given up at the end


class Switches:
    """Relay boards and PDUs of one site. Use it from one event loop.

    `on_change` is called in that loop when an input or a read-back changes. `lease_s`: when
    neither `command` nor `reassert` has come for this long, all outlets are opened; 5 scan
    periods and 2 s unless given. `links` is shared with the meters where a relay board hangs on
    their line.
    """

    def __init__(
        self,
        site: Site,
        on_change: Callable[[], None],
        *,
        links: "Links | None" = None,
        lease_s: float | None = None,
    ) -> None:
        self._site = site
        self._on_change = on_change
        self._links = links
        self.lease_s = 5 * site.scan_s + 2 if lease_s is None else lease_s
        self._boards: dict[str, Board] = {}
        self._prefixed: dict[str, tuple[Mapping[str, Observation], dict[str, Observation]]] = {}
        self._watched: list[tuple[RackSpec, Board, str]] = []
        self._has_contacts = any(rack.feedback for rack in site.racks)
        self._close: Callable[[], None] | None = None
        self._renewed_s = 0.0
        self._lease: asyncio.TimerHandle | None = None
        self._deadman = _DeadMan(site.deadman_s)

    async def start(self) -> None:
        """Claim and open everything, all off. Raises SwitchError, with nothing left claimed."""
        self._boards, self._close = build_boards(self._site, self._links, self._on_change)
        try:
            for board in self._boards.values():
                await board.start()
        except SwitchError:
            await self._release()
            raise
        self._watched = [(rack, *self._find(rack.switch)) for rack in self._site.racks]
        self._renew()
        self._watch()

    def command(self, outlet: str, on: bool) -> None:
        """Switch "hat.1" now. Raises SwitchError for an outlet that is not there."""
        board, name = self._find(outlet)
        self._renew()
        board.command(name, on)

    def reassert(self) -> None:
        """Say again what was commanded; the station calls it every scan period."""
        self._renew()
        for board in self._boards.values():
            board.reassert()

    def feedback(self) -> Mapping[str, Feedback]:
        """What is known of every rack's switch, by rack name."""
        inputs = self.inputs() if self._has_contacts else {}
        found = {}
        for rack, board, outlet in self._watched:
            seen_s, readback = board.readback(outlet)
            contact = inputs[rack.feedback] if rack.feedback is not None else None
            found[rack.name] = (
                Feedback(seen_s, readback)
                if contact is None or contact.quality is not Quality.GOOD
                else _with_contact(rack, seen_s, readback, contact)
            )
        return found

    def inputs(self) -> Mapping[str, Observation]:
        """Every input that the site uses, by "hat.in3"; True = active."""
        found: dict[str, Observation] = {}
        for name, board in self._boards.items():
            seen = board.inputs()
            kept = self._prefixed.get(name)
            if kept is None or kept[0] is not seen:
                kept = seen, {f"{name}.{key}": value for key, value in seen.items()}
                self._prefixed[name] = kept
            found.update(kept[1])
        return found

    def causes(self) -> Mapping[str, str]:
        """What is wrong with a switch, by its name, in words; only those that are not well."""
        return {name: board.cause for name, board in self._boards.items() if board.cause}

    def toggle_deadman(self) -> None:
        """Turn the dead-man output over; only ever called after a completed healthy scan."""
        if self._site.deadman is None or not self._deadman.due(time.monotonic()):
            return
        board, name = self._find(self._site.deadman)
        board.command(name, self._deadman.turn())

    async def stop(self, stagger_s: float = 0.0) -> None:
        """All racks off in order, lowest priority first, `stagger_s` apart; then all released.

        The switch with the dead-man output comes last. Takes at most the staggering and twice
        3 s, also when devices are dead. Raises nothing.
        """
        if self._boards:
            for outlet in self._order():
                self.command(outlet, False)
                await asyncio.sleep(stagger_s)
        await self._release()

    async def _release(self) -> None:
        if self._lease is not None:
            self._lease.cancel()
        boards, self._boards, self._watched = self._boards, {}, []
        last = (self._site.deadman or "").partition(".")[0]
        for group in (
            [board for name, board in boards.items() if name != last],
            [board for name, board in boards.items() if name == last],
        ):
            await asyncio.gather(*(self._stop(board) for board in group))
        if self._close is not None:
            self._close()
            self._close = None

    async def _stop(self, board: Board) -> None:
        try:
            await asyncio.wait_for(board.stop(), STOP_S)
        except TimeoutError:
            log.error("switch %s: gave no answer at the end; it may still be on", board.name)

    def _order(self) -> list[str]:
        """Outlets of the racks in the order in which they open at the end."""
        racks = sorted(self._site.racks, key=lambda rack: rack.priority)
        return [rack.switch for rack in racks]

    def _find(self, outlet: str) -> tuple[Board, str]:
        switch, _, name = outlet.partition(".")
        if switch not in self._boards:
            raise SwitchError(f"no switch {switch!r} is open for outlet {outlet!r}")
        return self._boards[switch], name

    def _renew(self) -> None:
        self._renewed_s = time.monotonic()

    def _watch(self) -> None:
        """Open all outlets when the lease has run out, and look again."""
        left_s = self._renewed_s + self.lease_s - time.monotonic()
        if left_s <= 0:
            log.critical("no scan for %.1f s: all outlets off", self.lease_s)
            for outlet in self._order():
                board, name = self._find(outlet)
                board.command(name, False)
            left_s = self.lease_s
        self._lease = asyncio.get_running_loop().call_later(left_s, self._watch)


def _with_contact(
    rack: RackSpec, seen_s: float, readback: bool | None, contact: Observation
) -> Feedback:
    closed = contact.value is rack.feedback_closed
    t_s = contact.t_s if readback is None else min(seen_s, contact.t_s)
    return Feedback(t_s, readback, closed)


class _DeadMan:
    """The level of the dead-man output and when it may turn over again."""

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self._turned_s = float("-inf")
        self._level = False

    def due(self, now_s: float) -> bool:
        """Whether the least time since the last turn has passed; notes the turn if so."""
        if now_s - self._turned_s < self._least_s:
            return False
        self._turned_s = now_s
        return True

    def turn(self) -> bool:
        """The other level."""
        self._level = not self._level
        return self._level
