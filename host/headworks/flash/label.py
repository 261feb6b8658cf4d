"""A label for a board's enclosure: lines of text, and a QR code as SVG and PNG."""

from pathlib import Path
from typing import NamedTuple

import segno

from headworks.flash.errors import FlashError


class Label(NamedTuple):
    """What stands on it."""

    site: str
    name: str
    model: str
    uid: str
    firmware: str
    config: str

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"Headworks board {self.name} ({self.model})",
            f"site {self.site}",
            f"uid {self.uid}",
            f"firmware {self.firmware}, configuration {self.config}",
            f"help: headworks board console {self.name}",
        ]


def write(label: Label, folder: Path) -> list[Path]:
    """The label's three files; the same label gives the same bytes. Raises FlashError."""
    code = segno.make("\n".join(label.lines()), error="m", micro=False)
    stem = folder / f"board-{label.name}"
    paths = [stem.with_suffix(suffix) for suffix in (".txt", ".svg", ".png")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths[0].write_text("\n".join(label.lines()) + "\n", encoding="utf-8")
        code.save(str(paths[1]), scale=4, title=f"board {label.name}")
        code.save(str(paths[2]), scale=8)
    except OSError as error:
        raise FlashError(f"{folder}: {error.strerror or error}; choose another --out") from error
    return paths
