"""The sentences of interlocks, as those of `sentences`. Data only.

`began`, `gone`, `relay_of` and `opened_by` are added by `held`, from the state of now.
"""

from collections.abc import Mapping

from headworks.model.plan import ReasonCode

INTERLOCKS: Mapping[str, tuple[str, ...]] = {
    ReasonCode.INTERLOCK: (
        "the permissive relay {when} is open: board {relay_of} opened it because of {opened_by}.",
        "the permissive relay {when} of board {relay_of} is open, so its racks are off.",
        "interlock {interlock} acts: {when} is {value}.",
        "interlock {interlock} acts on {when}.",
        "an interlock acts.",
    ),
    ReasonCode.TRIPPED: (
        "{when} was {value} {began}, gone {gone}; it waits for a reset.",
        "{when} was {value} {began} and is gone; it waits for a reset.",
        "tripped by interlock {interlock}: {when} was {value}; it waits for a reset.",
        "tripped by interlock {interlock}; it waits for a reset.",
        "tripped; it waits for a reset.",
    ),
    ReasonCode.BLOCKED: (
        "may not start: interlock {interlock}, {when} is {value}.",
        "may not start: interlock {interlock}.",
        "may not start while an interlock acts.",
    ),
    ReasonCode.LOCAL_ONLY: (
        "interlock {interlock} is reset at the racks only: press {contact} when its cause is gone.",
        "this is reset at the racks only.",
    ),
    ReasonCode.LOCAL_RESET: (
        "interlock {interlock} was reset by {contact}.",
        "reset at the racks.",
    ),
}
