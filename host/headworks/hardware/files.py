"""Finds and reads the hardware files of `boards/`: one TOML file each, no list to edit.

Knows nothing of what is inside; `hardware.meter` and `hardware.switch` do.
"""

from pathlib import Path
from typing import Any

import tomli

from headworks.paths import data_dir


class HardwareError(Exception):
    """A hardware file is missing or wrong; the text names file, cause and fix."""


def models(kind: str) -> dict[str, Path]:
    """All files of a kind (`meter`, `switch`, `sensor`) by model name, sorted."""
    folder = data_dir("boards") / kind
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read(kind: str, model: str) -> dict[str, Any]:
    """The parsed file of one model. Raises HardwareError naming the models there are."""
    known = models(kind)
    if model not in known:
        raise HardwareError(f"no {kind} model {model!r}; known: {', '.join(known) or 'none'}")
    try:
        return tomli.loads(known[model].read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise HardwareError(f"{known[model]}: {error}") from error
