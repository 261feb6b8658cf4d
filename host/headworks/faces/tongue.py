"""A language: everything that `words` needs to make sentences in it. English is built in.

Other languages come from files (`faces.languages.files`). Data only.
"""

from collections.abc import Mapping
from typing import NamedTuple

from headworks.faces.answered import answered
from headworks.faces.board_sentences import FARES, FAULTS
from headworks.faces.sentences import CHANNELS, FORMS, LATCHES, LIMITS, LOST, QUALITIES, STATES
from headworks.faces.value_words import ORDERS, SIGHTS

Table = Mapping[str, str]
_NOTHING: Table = {}
_UNITS = {name: name for name in ("kW", "kW·s", "Hz", "s", "min", "h")}


class Tongue(NamedTuple):
    """Sentences and words of one language; the keys are those of English in every language.

    `flows` is exporting, importing; `counts` singular and plural; `units` what stands after a
    figure. `answers`: what other parts of the station say in English, and the same in the language.
    `isolate`: figures and names stand apart, since the text runs from right to left.
    """

    forms: Mapping[str, tuple[str, ...]] = FORMS
    qualities: Table = QUALITIES
    limits: Table = LIMITS
    lost: Table = LOST
    channels: Table = CHANNELS
    latches: Table = LATCHES
    faults: Table = FAULTS
    fares: Table = FARES
    states: Table = STATES
    sights: Table = SIGHTS
    orders: Table = ORDERS
    flows: tuple[str, str] = ("Exporting", "Importing")
    counts: Mapping[str, tuple[str, str]] = {
        "tries": ("try", "tries"),
        "starts": ("start", "starts"),
        "changes": ("change", "changes"),
    }
    units: Table = _UNITS
    answers: Table = _NOTHING
    isolate: bool = False

    def answered(self, text: str) -> str:
        """What another part of the station says in English, where this language has it."""
        return answered(text, self.answers, isolate=self.isolate)

    @property
    def tables(self) -> Mapping[str, Table]:
        """The words of a value that is itself a word, by the value's name."""
        return {
            "quality": self.qualities,
            "limit": self.limits,
            "latch": self.latches,
            "channel": self.channels,
            "fault": self.faults,
            "board_state": self.fares,
            "aux": self.sights,
            "value": self.sights,
            "action": self.orders,
        }


ENGLISH = Tongue()
