"""Scattering against convolutions written out, and what it must not see."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

from dynascene.errors import InputError
from dynascene.evaluation.feature_networks import open_features, principal_basis
from dynascene.evaluation.features import (
    CELL,
    FLOOR,
    FREQUENCY,
    REACH,
    SIGMA,
    Scattering,
    convolved,
    morlet_bank,
)

FEATURES = Scattering()
RNG = np.random.default_rng(3)


def pictures(height: int = 48, width: int = 80, frames: int = 1) -> np.ndarray:
    """Structure of several sizes."""
    total = np.zeros((frames, height, width, 3))
    for side in (1, 4, 16):
        blocks = RNG.normal(0, 30, (frames, height // side + 1, width // side + 1, 3))
        total += blocks.repeat(side, 1).repeat(side, 2)[:, :height, :width]
    return np.clip(128 + total, 0, 255).astype(np.uint8)


def written_out_wavelet(scale: int, theta: float) -> np.ndarray:
    sigma, xi = SIGMA * 2**scale, FREQUENCY / 2**scale
    radius = int(np.ceil(3 * sigma))
    wavelet = np.zeros((2 * radius + 1,) * 2, complex)
    envelope = np.zeros_like(wavelet)
    for row in range(2 * radius + 1):
        for column in range(2 * radius + 1):
            y, x = row - radius, column - radius
            envelope[row, column] = np.exp(-(x * x + y * y) / (2 * sigma * sigma))
            phase = xi * (x * np.cos(theta) + y * np.sin(theta))
            wavelet[row, column] = envelope[row, column] * np.exp(1j * phase)
    wavelet -= envelope * wavelet.sum() / envelope.sum()
    return wavelet / envelope.sum()


@pytest.mark.parametrize(("scale", "stride"), [(0, 1), (1, 2), (2, 4)])
def test_convolution_is_that_written_out_at_every_nth_pixel(scale: int, stride: int) -> None:
    image = RNG.normal(size=(40, 48))
    spectrum = torch.fft.fft2(torch.from_numpy(image))
    made = convolved(spectrum, morlet_bank(scale, 40, 48).double(), stride).numpy()
    for orientation in (0, 1, 4):
        wavelet = written_out_wavelet(scale, orientation * np.pi / 6)
        slow = convolve2d(image, wavelet, mode="same", boundary="wrap")
        np.testing.assert_allclose(made[orientation], slow[::stride, ::stride], atol=1e-6)


def test_a_flat_picture_has_no_structure_and_its_colour() -> None:
    flat = np.full((1, 32, 32, 3), (200, 100, 50), np.uint8)
    maps = FEATURES.maps(flat)
    assert maps.shape == (1, FEATURES.dimension, 2, 2)
    np.testing.assert_allclose(maps[:, :18], np.log(FLOOR), atol=0.02)
    np.testing.assert_allclose(maps[:, 18:36], 0, atol=0.02)
    np.testing.assert_allclose(maps[0, -2, 0, 0], 100 / 255, atol=1e-5)
    np.testing.assert_allclose(maps[0, -1, 0, 0], -100 / 255, atol=1e-5)


def test_stripes_answer_in_their_own_direction_and_size() -> None:
    """A wave of the middle wavelet's frequency across x: orientation 0, scale 1."""
    wave = 128 + 60 * np.cos(FREQUENCY / 2 * np.arange(64))
    stripes = np.broadcast_to(wave[None, None, :, None], (1, 64, 64, 3)).astype(np.uint8)
    first = FEATURES.maps(stripes)[0, :18].reshape(3, 6, 4, 4)[..., 1:3, 1:3].mean(axis=(2, 3))
    assert np.unravel_index(first.argmax(), first.shape) == (1, 0)
    upright = FEATURES.maps(np.swapaxes(stripes, 1, 2))[0, :18].reshape(3, 6, 4, 4)
    assert upright[..., 1:3, 1:3].mean(axis=(2, 3)).argmax() == 6 + 3


def test_a_shift_by_a_cell_shifts_the_descriptors() -> None:
    wide = pictures(80, 144)
    one, two = (FEATURES.maps(wide[:, :, start : start + 112]) for start in (0, CELL))
    inner = slice(1, -1)  # mirrored borders differ
    np.testing.assert_allclose(
        one[:, :, :, 2:-1], two[:, :, :, 1:-2], atol=1e-4
    )  # of frames 7 cells wide
    assert np.abs(one[:, :, :, inner] - two[:, :, :, inner]).max() > 0.1


def test_nothing_is_read_beyond_the_reach() -> None:
    frames = pictures(112, 112)
    spoilt = frames.copy()
    start, stop = 3 * CELL - REACH, 4 * CELL + REACH
    keep = np.zeros(frames.shape[1:3], bool)
    keep[start:stop, start:stop] = True
    spoilt[:, ~keep] = RNG.integers(0, 256, spoilt[:, ~keep].shape)
    one, two = FEATURES.maps(frames), FEATURES.maps(spoilt)
    np.testing.assert_allclose(one[..., 3, 3], two[..., 3, 3], atol=1e-4)
    assert np.abs(one[..., 2, 3] - two[..., 2, 3]).max() > 0.01


@pytest.mark.parametrize("frames", [np.zeros((1, 15, 40, 3), np.uint8), np.zeros((1, 32, 32, 3))])
def test_other_kinds_of_frames_are_refused(frames: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"smaller than a cell|expected uint8"):
        FEATURES.maps(frames)


class MeanColour(torch.nn.Module):
    def forward(self, pictures: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        if not return_features:
            return torch.zeros(3)
        return pictures.float().mean(dim=(2, 3))


class Wide(torch.nn.Module):
    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.float().flatten(1)[:, :100]


def saved(module: torch.nn.Module, path: Path) -> Path:
    torch.jit.script(module).save(str(path))
    return path


class Clips:
    """What ``open_features`` needs of a benchmark."""

    name = "clips"

    def __init__(self) -> None:
        self.truth = pictures(80, 150, 4)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> "Clips":
        return self


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.jit's own
def test_a_network_describes_cells(tmp_path: Path) -> None:
    features = open_features(saved(MeanColour(), tmp_path / "mean.pt"), Clips())
    frames = pictures(80, 150, 2)
    maps = features.maps(frames)
    assert maps.shape == (2, 3, 1, 2)
    np.testing.assert_allclose(
        maps[1, :, 0, 1], frames[1, :72, 72:144].mean(axis=(0, 1)), rtol=1e-4
    )
    assert len(features.weights["mean.pt"]) == 64


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_of_many_channels_the_principal_ones_are_kept(tmp_path: Path) -> None:
    clips = Clips()
    features = open_features(saved(Wide(), tmp_path / "wide.pt"), clips)
    assert features.dimension == 64
    assert features.maps(clips.truth).shape == (4, 64, 1, 2)
    assert "64 principal channels" in features.name


def test_principal_directions_are_those_of_the_singular_values() -> None:
    clip = pictures(64, 64, 6)
    basis = principal_basis(FEATURES, iter([clip]), 3)
    x = np.moveaxis(FEATURES.maps(clip[::3]), 1, -1).reshape(-1, FEATURES.dimension)
    _, _, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(basis * axes[:3].T, axis=0)), 1, atol=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("what", ["absent", "text", "shape"])
def test_files_that_describe_nothing(what: str, tmp_path: Path) -> None:
    path = tmp_path / "file.pt"
    if what == "text":
        path.write_text("no network")
    if what == "shape":
        saved(torch.nn.Flatten(0), path)
    message = {"absent": "no such file", "text": "no TorchScript file", "shape": r"expected \[3, C"}
    with pytest.raises(InputError, match=message[what]) as caught:
        open_features(path, Clips())
    assert "\n" not in str(caught.value)
