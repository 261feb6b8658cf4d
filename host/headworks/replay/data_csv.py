"""Rows of a CSV file, gzip allowed, one at a time: memory does not grow with the file.

Finds the separator in the heading. Knows nothing of columns, units or times.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from headworks.replay.data_error import at

_SEPARATORS = ",;\t|"


class CsvRows:
    """An open file: `heading`, then `rows()` once. `share()` tells how much has been read."""

    def __init__(self, path: Path, raw: IO[bytes], text: IO[str]) -> None:
        self.path = path
        self._raw = raw
        self._size = max(1, path.stat().st_size)
        first = text.readline()
        if not first.strip():
            raise at(path, 1, "the heading is empty", "row 1 must name the columns")
        self._mark = max(_SEPARATORS, key=first.count)
        self.heading: Sequence[str] = next(csv.reader([first], delimiter=self._mark))
        self._text = text
        self.number = 1  # of the last whole row

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._raw.tell() / self._size)

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Every row with its number (the heading is row 1). Raises DataError."""
        wide = len(self.heading)
        for number, cells in enumerate(
            csv.reader(self._text, delimiter=self._mark, strict=True), 2
        ):
            if len(cells) == wide:
                self.number = number
                yield number, cells
            elif cells:
                raise self._width(number, len(cells), wide)

    def _width(self, number: int, have: int, wide: int) -> Exception:
        count = f"{have} cells and the heading has {wide}"
        if have < wide and not self._text.readline():
            return at(self.path, number, f"the file ends in the middle of a row, {count}",
                      "it is truncated: copy it again")  # fmt: skip
        fix = "the row is damaged: mend or remove it (a separator inside a cell wants quotes)"
        return at(self.path, number, f"it has {count}", fix)


@contextmanager
def opened(path: Path) -> Iterator[CsvRows]:
    """The file, open. Everything that goes wrong with it is a DataError with its row."""
    number = 1
    try:
        with path.open("rb") as raw:
            inner = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(inner, encoding="utf-8-sig", newline="") as text:
                rows = CsvRows(path, raw, text)
                try:
                    yield rows
                finally:
                    number = rows.number
    except UnicodeDecodeError as error:
        raise at(
            path, number + 1, "it is no UTF-8 text", "save the file as CSV in UTF-8"
        ) from error
    except EOFError as error:
        raise at(path, number + 1, "the compressed file ends too early",
                 "it is truncated: copy it again") from error  # fmt: skip
    except (gzip.BadGzipFile, zlib.error) as error:
        raise at(
            path, number + 1, "the compressed data is damaged", "copy the file again"
        ) from error
    except csv.Error as error:
        raise at(path, number + 1, f"it is damaged ({error})", "mend or remove the row") from error
    except OSError as error:
        raise at(
            path, None, f"cannot be read: {error.strerror or error}", "check its name"
        ) from error
