"""Pieces of filmed clips as a data set: drawn by number, decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from torch.utils.data import Dataset

from dynascene.datasets.filmed.broken import BrokenClips
from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.drawing import draw_frames
from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord
from dynascene.datasets.filmed.opening import OpenClip, open_record
from dynascene.datasets.filmed.reading import read_piece
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.datasets.imagery import SPLITS
from dynascene.errors import InputError
from dynascene.types import Size

KEPT_OPEN = 256  # clips per process whose index and cameras stay in memory


class FilmedClips(Dataset[FilmedClip]):
    """Pieces of clips: the same seed and number give the same piece.

    A clip that cannot be read is noted in ``broken``, and another one is drawn in its place; the
    same one as long as the same clips are broken. Clips shorter than the shortest piece are not
    drawn.

    Args:
        source: a manifest, or a folder or URL of clips (see ``open_manifest``).
        split: train, val or test.
        size: of the frames, which are scaled to cover it and cropped centrally.
        length: frames of a piece.
        others: how many frames from elsewhere in the clip come along.
        strides: the piece takes every 1st, 2nd … frame; one of those that fit is drawn.
        cache: where fetched files are stored.

    Raises:
        InputError: the split has no clip of that length; getting a piece: too many clips are broken
            (see ``BrokenClips``).
    """

    def __init__(
        self,
        source: ClipManifest | Path | str,
        split: str = "train",
        size: Size | tuple[int, int] = (768, 432),
        length: int = 24,
        seed: int = 0,
        *,
        others: int = 1,
        strides: Sequence[int] = (1,),
        cache: Path | None = None,
    ) -> None:
        if min(length, others, *strides) < 1:
            raise InputError("filmed clips: length, others and strides are 1 or more")
        manifest = source if isinstance(source, ClipManifest) else open_manifest(source, cache)
        self.clips = manifest.of_split(split, frames=(length - 1) * min(strides) + 1)
        self.size = Size(*size)
        self.split, self.length, self.seed = split, length, seed
        self.others, self.strides = others, tuple(strides)
        self.broken = BrokenClips(self.clips.names)

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> FilmedClip:
        if not 0 <= index < len(self):
            raise IndexError(index)
        attempt = -1
        while True:
            attempt += 1
            rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index, attempt])
            number = int(rng.integers(len(self.clips)))
            if number in self.broken:
                self.broken.check()  # it may be another process that found the last one broken
                continue
            try:
                piece = self._piece(self.clips[number], rng)
            except InputError as error:
                self.broken.report(number, str(error))
                self.broken.check()
                continue
            self.broken.mark_sound(number)
            return piece

    def _piece(self, record: ClipRecord, rng: np.random.Generator) -> FilmedClip:
        clip = _open_clip(record, self.clips.storage)
        piece, others = draw_frames(rng, len(clip.frames), self.length, self.others, self.strides)
        return read_piece(record.clip, clip, piece, others, self.size)


@lru_cache(maxsize=KEPT_OPEN)
def _open_clip(record: ClipRecord, storage: Storage) -> OpenClip:
    return open_record(record, storage)
