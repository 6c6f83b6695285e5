"""Parquet tables of other people, which may say more rows than memory holds in a few kilobytes."""

from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.errors import InputError

MOST_ROWS = 10_000_000  # a thousand hours of video make 200,000 clips


def read_table(file: Path | BinaryIO, name: str | None = None) -> pa.Table:
    """All of a table.

    Args:
        file: where it lies, or opened for reading.
        name: of an opened one, for the message.

    Raises:
        InputError: it has more than ``MOST_ROWS`` rows, as its end says.
        OSError, pa.ArrowException: it cannot be read.
    """
    with pq.ParquetFile(file) as table:
        rows = table.metadata.num_rows
        if rows > MOST_ROWS:
            raise InputError(f"{name or file}: has {rows:,} rows, more than {MOST_ROWS:,}")
        return table.read()
