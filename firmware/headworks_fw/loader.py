"""Stage 0: /main.py of a board. Chooses a slot and runs its firmware; changes as good as never.

Imports nothing of the firmware before the slot is chosen, and leaves to the REPL only for /maint
or where nothing runs at all.
"""

import gc
import os
import sys

TRIES = 3  # failed starts of a slot before the other one's turn
PC = ("linux", "darwin")
COLLECT_AFTER = 4096  # bytes: what stays is then packed at the heap's beginning
MAINT_EXIT = 5  # of the process on a PC, where a board would be at its REPL


def choose(tries, slot, has_other):
    """(slot, mode) for the start after so many failed ones; mode is run, safe or repl."""
    other = "b" if slot == "a" else "a"
    if tries < TRIES:
        return slot, "run"
    if tries < 2 * TRIES and has_other:
        return other, "run"
    if tries < 3 * TRIES:
        return slot, "safe"
    return (other, "safe") if tries < 4 * TRIES and has_other else (slot, "repl")


def read(path):
    """The file's text, empty where there is none."""
    try:
        with open(path) as file:
            return file.read().strip()
    except (OSError, UnicodeError):
        return ""


def write(path, text):
    """Best effort: a full flash must not keep the board from starting."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        print("the flash refuses " + path)


def count(root):
    """Failed starts in a row so far; this start counts from now on.

    Only a crash, a watchdog's bite or a reset that nobody asked for is a failure: a power-up, or
    a restart that was asked for, begins anew.
    """
    import machine

    text, why = read(root + "tries"), read(root + "why")
    tries = int(text) if text.isdigit() else 0
    asked = why != "crash" if why else machine.reset_cause() == machine.PWRON_RESET
    if asked:
        tries = 0
    write(root + "tries", str(tries + 1))
    return tries


def start(root):
    """Runs what is chosen; comes back for the REPL alone."""
    if hasattr(gc, "threshold"):
        gc.threshold(COLLECT_AFTER)
    if read(root + "maint"):
        os.remove(root + "maint")
        print("maint: no firmware runs; a reset starts it again")
        return
    slot = "b" if read(root + "slot") == "b" else "a"
    other = "b" if slot == "a" else "a"
    slot, mode = choose(count(root), slot, bool(read(root + other + "/manifest.json")))
    if mode == "repl":
        print("neither slot starts: flash the board again")
        return
    sys.path.insert(0, root + slot)
    try:
        if mode == "safe":
            from headworks_fw import safe

            safe.run(root, slot, "the firmware failed to start; last error in crash.txt")
        else:
            from headworks_fw import app

            app.run(root, slot)
    except Exception as error:
        crashed(root, error)


def crashed(root, error):
    """Shows and keeps the traceback, and resets. The firmware has its outputs off by now."""
    import io

    import machine

    text = io.StringIO()
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, text)
    else:
        import traceback

        traceback.print_exception(error, file=text)
    print(text.getvalue())
    write(root + "crash.txt", text.getvalue())
    write(root + "why", "crash")
    machine.reset()


if __name__ == "__main__":
    start(os.getcwd().rstrip("/") + "/")
    if sys.platform in PC:
        sys.exit(MAINT_EXIT)
