"""Rows of a Parquet file, batch by batch: memory does not grow with the file.

Wants pyarrow, which `pip install 'headworks[replay]'` brings.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from headworks.replay.data_error import DataError, at

_BATCH = 50_000
Cell = str | datetime | None


class ParquetRows:
    """An open file: `heading`, then `rows()` once. `share()` tells how much has been read."""

    def __init__(self, path: Path, file: Any) -> None:
        self.path = path
        self._file = file
        self._rows: int = max(1, file.metadata.num_rows)
        self.heading: Sequence[str] = file.schema_arrow.names
        self._done = 0

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._done / float(self._rows)

    def rows(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Every row, numbered as if a heading were row 1. Raises DataError."""
        for batch in self._file.iter_batches(batch_size=_BATCH):
            columns = [_cells(column) for column in batch.columns]
            yield from enumerate(zip(*columns, strict=True), start=self._done + 2)
            self._done += batch.num_rows


def _cells(column: Any) -> list[Any]:
    """A column's values as the reader of CSV would see them; times stay times."""
    return ["" if cell is None else cell for cell in _plain(column).to_pylist()]


def _plain(column: Any) -> Any:
    """Times of nanoseconds as microseconds, for Python has none finer."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


@contextmanager
def opened(path: Path) -> Iterator[ParquetRows]:
    """The file, open. Everything that goes wrong with it is a DataError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError(
            f"{path}: reading Parquet wants pyarrow; pip install 'headworks[replay]'"
        ) from error
    try:
        with pq.ParquetFile(path) as file:
            yield ParquetRows(path, file)
    except pa.ArrowInvalid as error:
        cause = str(error).splitlines()[0][:120]
        raise at(path, None, f"it is damaged or truncated ({cause})", "copy it again") from error
    except OSError as error:
        cause = error.strerror or str(error).splitlines()[0][:120]
        raise at(path, None, f"cannot be read: {cause}", "check its name") from error
