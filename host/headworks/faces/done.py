"""What is said when an act was carried out, and how it is undone."""

from headworks.model.live import Action

# `prefix` is what a shell wants before the words: "headworks ", or nothing at the console
DONE = {
    Action.OFF: "{name} is kept off, until: {prefix}rack {name} auto",
    Action.AUTO: "{name} may follow the surplus again",
    Action.LOCK: "{name} is locked out, until: {prefix}rack {name} unlock",
    Action.UNLOCK: "{name} is unlocked",
    Action.RESET: "{name} is reset",
    Action.ACK: "{name} was seen",
}
