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
        self._cut = not first.endswith("\n")

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._raw.tell() / self._size)

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Every row with its number (the heading is row 1). Raises DataError."""
        wide = len(self.heading)
        reader = csv.reader(self._watched(), delimiter=self._mark, strict=True)
        number = 1
        for cells in reader:
            number += 1
            if len(cells) != wide:
                if not cells:
                    continue
                raise self._width(number, len(cells), wide)
            yield number, cells

    def _watched(self) -> Iterator[str]:
        """The lines, remembering whether the last one was ended."""
        for line in self._text:
            self._cut = line[-1] != "\n"
            if "\0" in line:
                raise csv.Error("line contains NUL")
            yield line

    def _width(self, number: int, have: int, wide: int) -> Exception:
        count = f"{have} cells and the heading has {wide}"
        if self._cut and have < wide:
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
                rows = _Counted(path, raw, text)
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


class _Counted(CsvRows):
    """Keeps the number of the last whole row, for messages about what comes after it."""

    number = 1

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        for number, cells in super().rows():
            self.number = number
            yield number, cells
