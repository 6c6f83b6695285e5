"""Short rendered clips in files of bytes, read by memory map: rendered once, drawn many times.

F frames, H W pixels.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.clip_fields import CLIP_FIELDS
from dynascene.errors import InputError
from dynascene.io.arrays import map_array
from dynascene.io.atomic import replacing
from dynascene.synthetic.shots.short_filming import ShortShot
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.types import Size

VERSION = 1  # of what is rendered and stored; another one renders the clips anew
CLIPS_PER_FILE = 64
PICTURES = ("video", "background", "foreground", "scene_image", "character")  # −1 … 1
MASKS = ("matte", "scene_visibility", "skeleton")  # 0 … 1


FIELDS = (
    "video", "background", "foreground", "scene_image", "matte", "scene_visibility",
    "cam_from_world", "intrinsics", "scene_cam_from_world", "scene_intrinsics",
)  # fmt: skip
_AXES = {name: field.axes for name, field in CLIP_FIELDS.items()}


class CachedShots:
    """``ShortShots`` as bytes on disk; a file of clips that is not there yet is rendered.

    The folder under ``cache`` is named after all that decides the pixels, so clips of different
    shots never mix. Several processes may use it at once, and rendering that was stopped goes on
    with the file that is missing.
    """

    def __init__(self, shots: ShortShots, cache: Path) -> None:
        self.shots = shots
        self.folder = cache / self._fingerprint()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._open = lru_cache(maxsize=256)(self._opened)

    def __getstate__(self) -> dict[str, object]:
        """Open files do not travel to other processes."""
        return {"shots": self.shots, "folder": self.folder}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._open = lru_cache(maxsize=256)(self._opened)

    def _fingerprint(self) -> str:
        shots = self.shots
        kind = (VERSION, shots.split, tuple(shots.size), shots.frames, shots.seed)
        choices = (sorted(shots.worlds.items()), shots.person_share, shots.own_view_share)
        text = repr((kind, choices, shots.library.identity())) + shots.further_choices()
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def path(self, file: int) -> Path:
        """The file of clips file · 64 … file · 64 + 63."""
        return self.folder / f"{file:05d}.npy"

    def clip(self, number: int) -> dict[str, Tensor]:
        """A clip by its number, as ``ShortShot`` has it, rounded to bytes."""
        file, place = divmod(number, CLIPS_PER_FILE)
        return read_record(self._open(file)[place])

    def _opened(self, file: int) -> np.ndarray:
        path = self.path(file)
        if not path.is_file():
            self._render(file)
        try:
            records = map_array(path)
        except InputError as error:
            raise InputError(f"{path}: is no whole file of clips; delete it") from error
        expected = record_type(self.shots.size, self.shots.frames, self.shots.inputs)
        if records.dtype != expected or records.shape != (CLIPS_PER_FILE,):
            raise InputError(f"{path}: holds other clips than its folder says; delete it")
        return records

    def _render(self, file: int) -> None:
        shots = self.shots
        records = np.zeros(CLIPS_PER_FILE, record_type(shots.size, shots.frames, shots.inputs))
        for place in range(CLIPS_PER_FILE):
            write_record(records[place], shots[file * CLIPS_PER_FILE + place])
        with replacing(self.path(file)) as temporary, temporary.open("wb") as stream:
            np.save(stream, records)


def record_type(size: Size, frames: int, inputs: frozenset[str] = frozenset()) -> np.dtype:
    """What a file holds of each clip, further fields of these names included."""
    lengths = {"F": frames, "H": size.height, "W": size.width}
    shapes = {
        name: tuple(lengths[a] if a in lengths else int(a) for a in _AXES[name].split()[1:])
        for name in (*FIELDS, *sorted(inputs))
    }
    kinds = {name: "u1" if name in PICTURES + MASKS else "<f4" for name in shapes}
    return np.dtype([(name, kinds[name], shape) for name, shape in shapes.items()])


def write_record(record: np.void, shot: ShortShot) -> None:
    """A clip into a record of ``record_type``."""
    for name in record.dtype.names or ():
        values = (shot.inputs[name] if name in shot.inputs else getattr(shot, name)).numpy()
        if name in PICTURES:
            values = np.rint((values + 1) * 127.5)
        elif name in MASKS:
            values = np.rint(values * 255)
        record[name] = values


def read_record(record: np.void) -> dict[str, Tensor]:
    """The inverse of ``write_record``, float32; the foreground is exactly 0 off the person."""
    clip = {}
    for name in record.dtype.names or ():
        values = torch.from_numpy(np.array(record[name])).float()
        if name in PICTURES:
            values = values / 127.5 - 1
        elif name in MASKS:
            values = values / 255
        clip[name] = values
    clip["foreground"] = clip["foreground"].where(clip["matte"] > 0, 0.0)
    return clip


@dataclass(frozen=True, kw_only=True)
class Stock:
    """From which clips a sample is drawn: at first some, then one more every few samples.

    first: clips at the start. uses: samples until the next one comes in. clips: at most so many.
    """

    first: int = 512
    uses: int = 4
    clips: int = 16_384

    def count(self, index: int) -> int:
        """How many clips sample ``index`` is drawn from."""
        return min(self.clips, self.first + index // self.uses)


class ShotSamples(Dataset[SimpleNamespace]):
    """Training samples: cached clips, the same for the same seed and index."""

    def __init__(self, shots: CachedShots, stock: Stock, seed: int) -> None:
        self.shots, self.stock, self.seed = shots, stock, seed

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> SimpleNamespace:
        """A clip with its tensors as attributes, for ``training_batch.collate``."""
        rng = np.random.default_rng([self.seed, index, 3])
        return SimpleNamespace(**self.shots.clip(int(rng.integers(self.stock.count(index)))))
