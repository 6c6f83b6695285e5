"""The manifest of a data set of clips, as those who write it and those who read it agree.

A Parquet table with a row for each clip: the columns of ``COLUMNS``, perhaps those of
``OPTIONAL_COLUMNS``, and any others. A row without a split is of a clip that is not used, and may
say in ``reason`` why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pyarrow as pa

MANIFEST = "manifest.parquet"
COLUMNS = pa.schema(
    [
        ("clip", pa.string()),
        ("path", pa.string()),
        ("source", pa.string()),
        ("split", pa.string()),
        ("frames", pa.int64()),
        ("frame_rate", pa.float64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("has_person", pa.bool_()),
    ]
)
OPTIONAL_COLUMNS = pa.schema([("has_camera", pa.bool_()), ("reason", pa.string())])
SHARES: Mapping[str, float] = MappingProxyType({"train": 0.9, "val": 0.05, "test": 0.05})


def split_of(source: str, shares: Mapping[str, float] = SHARES, seed: int = 0) -> str:
    """The split that a source video belongs to: the same for ever, whatever else there is.

    Args:
        shares: of the sources; they are brought to the sum 1.
    """
    digest = hashlib.sha256(f"{seed} {source}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64 * sum(shares.values())
    reached = 0.0
    for split, share in shares.items():
        reached += share
        if place < reached:
            return split
    return next(iter(shares))  # rounding


def splits_of(
    sources: Iterable[str], shares: Mapping[str, float] = SHARES, seed: int = 0
) -> dict[str, str]:
    """The split of each source; all of them ``train`` where none fell into it: a handful of clips
    is there to be trained on."""
    splits = {source: split_of(source, shares, seed) for source in sources}
    if "train" in shares and "train" not in splits.values():
        return dict.fromkeys(splits, "train")
    return splits
