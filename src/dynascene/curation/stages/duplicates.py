"""Near-duplicates: of clips that show the same, only the first is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.sampling import frames_spread
from dynascene.errors import InputError
from dynascene.imaging.colour import luma
from dynascene.io.video import open_video

NAME = "duplicates"
FRAMES = 8  # a clip's fingerprint has this many hashes …
HASH_BITS = 64  # … of this many bits
SIDE = 256  # pixels of the longer side of the frames that are hashed
DCT_SIDE, LOWEST = 32, 8
ALIKE = 0.2  # share of the bits of two fingerprints that differ, at most
BLOCK = 256  # clips that are compared at once


@dataclass(frozen=True)
class FingerprintStage:
    """Measures a fingerprint of a clip. It drops no duplicates, since that needs all clips.

    Values: fingerprint, 128 hexadecimal digits. Codes: damaged.
    """

    config: None = None
    name = NAME
    version = 1
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        numbers = frames_spread(clip.start, clip.stop, FRAMES)
        try:
            frames = open_video(clip.video).shrunk(SIDE).pick(numbers)
            hashes = fingerprint(frames)
        except InputError as error:
            return [rejected_by(clip, self.name, "damaged", error)]
        return [clip.with_values(self.name, fingerprint=hashes)]


def fingerprint(frames: Iterable[np.ndarray]) -> str:
    """The hashes of up to eight frames, uint8 [H, W, 3 or 4], joined as hexadecimal digits."""
    bits = np.concatenate([perceptual_hash(frame) for frame in frames])
    return np.packbits(bits).tobytes().hex()


def perceptual_hash(frame: np.ndarray) -> np.ndarray:
    """64 bits: which of the lowest frequencies of a small grey picture are above their median.

    They survive scaling, compression, and changes of brightness and contrast.
    """
    grey = luma(frame)
    small = cv2.resize(grey, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA)
    # without the row and column of the mean, which are brightness, not content
    lowest = cv2.dct(small.astype(np.float32))[1 : LOWEST + 1, 1 : LOWEST + 1]
    return (lowest > np.median(lowest)).ravel()


def without_duplicates(clips: Sequence[Clip], alike: float = ALIKE) -> list[Clip]:
    """Drop near-duplicates; the order of the clips stays.

    Clips are visited by source location, then by start, and each is compared with those kept so
    far. Pieces of one shot are never duplicates of each other.

    Args:
        clips: with fingerprints.
        alike: share of differing bits, 0 … 1, up to which two clips are duplicates.
    """
    order = [number for number, clip in enumerate(clips) if clip.is_kept]
    order.sort(key=lambda n: (clips[n].source.location, clips[n].start, clips[n].stop))
    decided = list(clips)
    for later, earlier, differing in _alike([clips[n] for n in order], alike):
        clip, first = decided[order[later]], decided[order[earlier]]
        if clip.is_kept and first.is_kept and not _of_one_shot(clip, first):
            reason = f"shows the same as {first.source.location}, frames {first.start}:{first.stop}"
            decided[order[later]] = clip.rejected(NAME, "duplicate", reason, differing)
    return decided


def _alike(clips: Sequence[Clip], alike: float) -> Iterator[tuple[int, int, float]]:
    """Pairs (later, earlier, share of differing bits), sorted by later, then by earlier.

    A clip without a complete fingerprint is in no pair.
    """
    # bits as ±1: the scalar product of n bits, d of them different, is n − 2 d
    signs = np.zeros((len(clips), FRAMES * HASH_BITS), np.float32)
    for row, clip in zip(signs, clips, strict=True):
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(_fingerprint_of(clip)), np.uint8))
        if len(bits) == len(row):
            row[:] = 2.0 * bits - 1
    for begin in range(0, len(clips), BLOCK):
        block = signs[begin : begin + BLOCK]
        products = block @ signs[: begin + BLOCK].T
        for row, earlier in np.argwhere(products >= (1 - 2 * alike) * signs.shape[1]):
            if earlier < begin + row:
                differing = float((1 - products[row, earlier] / signs.shape[1]) / 2)
                yield begin + int(row), int(earlier), differing


def _fingerprint_of(clip: Clip) -> str:
    return str(clip.values.get(f"{NAME}.fingerprint") or "")


def _of_one_shot(one: Clip, other: Clip) -> bool:
    shots = [(clip.source.location, clip.values.get("shots.shot")) for clip in (one, other)]
    return shots[0] == shots[1] and shots[0][1] is not None
