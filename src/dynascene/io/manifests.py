"""The manifest of a data set of clips: the columns that writers and readers share.

A Parquet table with one row per clip: the columns of ``COLUMNS``, perhaps those of
``OPTIONAL_COLUMNS``, and any others. A row without a split belongs to a clip that is not used; its
``reason`` may say why.
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
    """The split of a source video: it depends on the source and the seed alone.

    Args:
        source: location or checksum.
        shares: of the sources in each split; scaled to the sum 1.
        seed: of the splits.
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
    """The split of each source; all ``train`` where no source fell into it, since a few clips are
    meant for training.
    """
    splits = {source: split_of(source, shares, seed) for source in sources}
    if "train" in shares and "train" not in splits.values():
        return dict.fromkeys(splits, "train")
    return splits
