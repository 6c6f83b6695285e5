"""Crops of training imagery: what the small autoencoder learns from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor
from torch.utils.data import Dataset

from dynascene.datasets.imagery import ImageRecord, load_picture, read_manifest, training_folder
from dynascene.errors import InputError
from dynascene.synthetic.places.procedural import procedural_panorama, procedural_texture

WIDEST = {"panorama": 2048, "photo": 1280, "texture": 512}  # pixels; finer detail is never filmed
SHARES = {"panorama": 0.45, "photo": 0.45, "texture": 0.1}  # of the crops
PANORAMA_BAND = (0.2, 0.8)  # rows of a panorama that are not stretched
PROCEDURAL = 8  # pictures, where there is no imagery


class CropSamples(Dataset[Tensor]):
    """Square crops [3, side, side] in −1 … 1, the same for the same seed and index.

    Each is a random piece of a random picture, shrunk by up to 3, mirrored and re-lit at random.
    One in eight shows only a blob on mid-grey, as the person's frames do.

    Args:
        split: of the pictures.
        side: of a crop, in pixels.
        seed: another one gives other crops.
        folder: of training imagery, see ``training_folder``; procedural pictures without.

    Raises:
        InputError: the folder has no pictures of the split.
    """

    def __init__(
        self, split: str, side: int, seed: int = 0, folder: Path | str | None = None
    ) -> None:
        self.side, self.seed = side, seed
        imagery = training_folder(folder)
        if imagery is None:
            self.pictures = _procedural(split)
        else:
            self.pictures = _load([r for r in read_manifest(imagery) if r.split == split])
        if not self.pictures:
            raise InputError(f"{imagery}: has no pictures of the split {split}")

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> Tensor:
        rng = np.random.default_rng([self.seed, index])
        kinds = list(self.pictures)
        shares = np.array([SHARES[kind] for kind in kinds])
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        picture = self.pictures[kind][int(rng.integers(len(self.pictures[kind])))]
        crop = _random_crop(rng, picture, self.side)
        crop = _relight(rng, crop) * 2 - 1
        if rng.random() < 1 / 8:
            crop = crop * _blob(rng, self.side)
        return crop.flip(-1) if rng.random() < 0.5 else crop


def stack(crops: Sequence[Tensor]) -> Tensor:
    """[B, 3, H, W]."""
    return torch.stack(list(crops))


def _load(records: Sequence[ImageRecord]) -> dict[str, list[Tensor]]:
    pictures: dict[str, list[Tensor]] = {}
    for record in records:
        if record.category in WIDEST:
            picture = load_picture(record.path, WIDEST[record.category])
            pictures.setdefault(record.category, []).append(_band(record.category, picture))
    return pictures


def _band(category: str, picture: Tensor) -> Tensor:
    if category != "panorama":
        return picture
    top, bottom = (round(share * picture.shape[-2]) for share in PANORAMA_BAND)
    return picture[:, top:bottom].contiguous()


def _procedural(split: str) -> dict[str, list[Tensor]]:
    first = {"train": 0, "val": 1, "test": 2}[split] * PROCEDURAL
    seeds = range(first, first + PROCEDURAL)
    panoramas = [_band("panorama", _bytes(procedural_panorama(seed, 768))) for seed in seeds]
    return {
        "panorama": panoramas,
        "texture": [_bytes(procedural_texture(seed, 256)) for seed in seeds],
    }


def _bytes(picture: Tensor) -> Tensor:
    return (picture * 255).round().to(torch.uint8)


def _random_crop(rng: np.random.Generator, picture: Tensor, side: int) -> Tensor:
    """[3, side, side] in 0 … 1 out of uint8 [3, H, W]."""
    height, width = picture.shape[-2:]
    largest = min(height, width)
    piece = round(min(largest, side * np.exp(rng.uniform(0, np.log(3)))))
    top, left = int(rng.integers(height - piece + 1)), int(rng.integers(width - piece + 1))
    crop = picture[:, top : top + piece, left : left + piece].float()[None] / 255
    if piece == side:
        return crop[0]
    resized = nnf.interpolate(crop, (side, side), mode="bilinear", antialias=True)
    return resized[0]


def _relight(rng: np.random.Generator, crop: Tensor) -> Tensor:
    """Random exposure and white balance, as training shots have."""
    stops = rng.normal(0, 0.25) + rng.normal(0, 0.06, 3)
    gains = torch.from_numpy(2 ** np.clip(stops, -1.0, 0.6)).float()
    return (crop * gains[:, None, None]).clamp(0, 1)


def _blob(rng: np.random.Generator, side: int) -> Tensor:
    """A soft-edged random shape [1, side, side] in 0 … 1."""
    coarse = torch.from_numpy(rng.normal(size=(1, 1, 4, 4))).float()
    smooth = nnf.interpolate(coarse, (side, side), mode="bicubic", align_corners=True)
    return (smooth[0] * side / 6 + 0.5).clamp(0, 1)
