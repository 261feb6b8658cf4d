"""One person at a console: a line, what it asks for, and the answer, until they hang up.

Looks come from the station's state, acts go to its socket with who, which role and from where.
Nothing energises without a typed confirmation. Decides nothing about power.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from headworks import __version__
from headworks.faces.client import RefusedError, State, StationClient, StationError
from headworks.faces.console.login import Login, LoginError
from headworks.faces.console.looks import LOOKS
from headworks.faces.console.net import net_lines
from headworks.faces.console.orders import (
    ACTS,
    ENERGISES,
    ROLES,
    WORDS,
    Order,
    OrderError,
    help_lines,
    parse,
)
from headworks.faces.console.teletype import AbandonedError, Names, SpoiledError, Teletype
from headworks.faces.console.watch import watch
from headworks.faces.done import DONE
from headworks.faces.held import way_lines
from headworks.faces.words import sentence
from headworks.model.text import clean

ANSWER_S = 60.0  # for a confirmation or a PIN; then nothing is done
_T = TypeVar("_T")


class Session:
    """`run` it once; it ends with `exit`, or raises HungUpError."""

    def __init__(
        self,
        teletype: Teletype,
        login: Login,
        socket: Path | None,
        face: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`face` stands in the journal as where a person sat."""
        self._tty, self._login, self._socket = teletype, login, socket
        self._face, self._clock = face, clock
        self._state: State = {}
        self._do: dict[str, Callable[[Order], Awaitable[None]]] = {
            "net": self._net, "help": self._help, "off": self._off, "pin": self._pin,
            "watch": self._watch,
        }  # fmt: skip

    async def run(self) -> None:
        """Lines and answers. Whoever was logged in is logged off at the end, however it ends."""
        try:
            await self._greet()
            while await self._line():
                pass
        finally:
            self._login.off()
            self._tty.forget()

    async def _greet(self) -> None:
        try:
            await self._look()
        except StationError as error:
            self._tty.say(str(error))
        self._tty.say(f"Headworks {__version__}. Looking is free, `pin` to act, `help` for more.")

    async def _line(self) -> bool:
        """The next line; False when the person is done."""
        try:
            line = await self._in_time(self._tty.ask(self._prompt(), self._names()))
            return not line or await self._carry_out(parse(line))
        except (SpoiledError, OrderError, LoginError, StationError) as error:
            self._tty.say(str(error))
        except TimeoutError:
            self._tty.say("")
            self._still()
        except AbandonedError:
            pass
        except EOFError:
            return False
        return True

    async def _carry_out(self, order: Order) -> bool:
        self._still()
        if self._login.name:
            self._login.used(self._clock())
        if order.word == "exit":
            return False
        if order.action is not None:
            await self._act(order)
        elif order.word in LOOKS:
            await self._tty.pages(LOOKS[order.word](await self._look(), *(order.args or ("",))))
        else:
            await self._do[order.word](order)
        return True

    async def _in_time(self, asking: Awaitable[_T]) -> _T:
        """The answer. Raises TimeoutError when the login has run out before."""
        return await asyncio.wait_for(asking, self._login.left_s(self._clock()))

    def _still(self) -> None:
        """Log off whose time is over, and say so."""
        why = self._login.still(self._clock())
        if why:
            self._tty.say(why)

    async def _look(self) -> State:
        async with StationClient(self._socket) as client:
            self._state = await client.state()
        return self._state

    def _prompt(self) -> str:
        who = f" {self._login.name[:20]} ({self._login.role.word})" if self._login.name else ""
        site = str(self._state.get("site", {}).get("name", "headworks"))[:20]
        return f"{site}{who}> "

    def _names(self) -> Names:
        """What Tab completes: the words, and names of this site."""
        racks: list[str] = [rack["name"] for rack in self._state.get("racks", ())]
        others: list[str] = [one["source"] for one in self._state.get("alarms", ())]
        others += [one["name"] for one in self._state.get("interlocks", ())]
        after: Names = {
            "why": dict.fromkeys(racks),
            "rack": {name: dict.fromkeys(ACTS) for name in racks},
            **{word: dict.fromkeys([*racks, *others]) for word in ("ack", "reset")},
            "help": dict.fromkeys(WORDS),
        }
        return {**dict.fromkeys(WORDS), **after}

    async def _act(self, order: Order) -> None:
        """Have the station do it, if this person may and means it."""
        action, target = order.action, order.target
        if action is None:
            return
        self._may(order)
        about = ENERGISES.get(action)
        if about and not await self._means(about.format(target), target):
            self._tty.say("nothing was done")
            return
        self._may(order)
        async with StationClient(self._socket) as client:
            try:
                reply = await client.command(
                    action, target, actor=self._login.name, role=self._login.role.word,
                    note=order.note, face=self._face,
                )  # fmt: skip
            except RefusedError as error:
                self._refused(error, target, await client.state())
                return
        self._done(reply, DONE[action].format(name=target, prefix=""))

    def _may(self, order: Order) -> None:
        """Raises LoginError unless the person who is logged in may."""
        self._still()
        if order.action is None or self._login.role >= ROLES[order.action]:
            return
        wanted = ROLES[order.action].word
        if self._login.name:
            raise LoginError(f"this takes the role {wanted}; you are {self._login.role.word}")
        raise LoginError(f"this takes a PIN and the role {wanted}; write: pin NAME")

    async def _means(self, about: str, target: str) -> bool:
        """Whether the name was typed once more, in time."""
        self._tty.say(f"{about}.")
        asking = self._tty.confirm(f"Type {target} to go on: ")
        try:
            return await asyncio.wait_for(asking, ANSWER_S) == target
        except (TimeoutError, EOFError):
            self._tty.say("")
            return False

    def _refused(self, error: RefusedError, target: str, state: State) -> None:
        told = sentence(error.code, error.values, target) if error.code else str(error)
        self._tty.say(f"refused: {told}", *way_lines(state))

    def _done(self, reply: dict[str, Any], done: str) -> None:
        if "warning" in reply:
            self._tty.say(f"warning: {reply['warning']}")
        self._tty.say(done)

    async def _pin(self, order: Order) -> None:
        """Ask for the PIN; it is shown as stars and stands nowhere else."""
        name = self._login.who(*(order.args or ("",)))
        self._login.may_try(self._clock())
        try:
            pin = await asyncio.wait_for(self._tty.secret(f"PIN of {name}: "), ANSWER_S)
        except (TimeoutError, EOFError):
            self._tty.say("")
            return
        if not pin:
            return
        try:
            await self._login.give(name, pin, self._clock)
        except LoginError as error:
            whom = repr(clean(name)) if self._login.knows(name) else "anybody here"
            note(f"{self._face}: no PIN of {whom}: {error}")  # a name may be a PIN by mistake
            raise
        note(f"{self._face}: {clean(name)!r} logged in as {self._login.role.word}")
        self._tty.say(f"{name} may act as {self._login.role.word}; `off` logs off")

    async def _off(self, _: Order) -> None:
        self._login.off()

    async def _help(self, order: Order) -> None:
        await self._tty.pages(help_lines(*order.args[:1]))

    async def _net(self, _: Order) -> None:
        await self._tty.pages(net_lines())

    async def _watch(self, _: Order) -> None:
        await watch(self._tty, self._socket, self._still)


def note(text: str) -> None:
    """A line for the log of the service; a terminal needs none, it is the person's own."""
    if not sys.stderr.isatty():
        print(f"headworks console: {text}", file=sys.stderr, flush=True)
