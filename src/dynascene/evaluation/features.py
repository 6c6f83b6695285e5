"""Local descriptors of pictures, by which distributions of pictures are compared.

The default needs no weights: wavelet scattering of orders 1 and 2 (Bruna and Mallat, 2013). It is a
**proxy**: it knows texture, sharpness, direction and colour, and nothing of objects.

F frames, H W pixels, C channels, h w cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil, pi
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.imaging.colour import LUMA_601

CELL = 16  # pixels: the side of a cell
SCALES, ORIENTATIONS = 3, 6
SIGMA, FREQUENCY = 0.8, 0.75 * pi  # of the finest wavelet; doubled and halved from scale to scale
REACH = 15  # pixels beyond a cell that its descriptor reads: the radii of two wavelets in a row
FLOOR = 2 / 255  # two grey levels: fainter structure is hardly seen, and be it noise


class Features(Protocol):
    """Something that describes square cells of frames.

    cell: pixels, the side of a cell; the grid starts at the top left corner, and what is left over
        on the right and below is not described. reach: pixels beyond a cell that are read for it.
    weights: sha256 by name.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def cell(self) -> int: ...

    @property
    def reach(self) -> int: ...

    @property
    def weights(self) -> Mapping[str, str]: ...

    def maps(self, frames: np.ndarray) -> np.ndarray:
        """uint8 [F, H, W, 3] → float32 [F, C, h, w]; ValueError for frames without a cell."""
        ...


@dataclass(frozen=True)
class Scattering:
    """Per cell, with ⟨·⟩ its mean, Y the luminance 0 … 1, ψ Morlet wavelets, ε two grey levels:

    order 1: log(⟨|Y ∗ ψ_{j,θ}|⟩ + ε), 3 scales × 6 orientations;
    order 2: log of ⟨||Y ∗ ψ_{j,θ}| ∗ ψ_{k,θ+δ}|⟩ + ε over ⟨|Y ∗ ψ_j|⟩ + ε, means over θ, by j < k
        and δ;
    colour: ⟨Y⟩, ⟨R − G⟩, ⟨B − (R + G) / 2⟩.
    """

    name: str = "wavelet scattering, a proxy without weights"
    dimension: int = SCALES * ORIENTATIONS + SCALES * (SCALES - 1) // 2 * ORIENTATIONS + 3
    cell: int = CELL
    reach: int = REACH
    weights: Mapping[str, str] = field(default_factory=dict)

    def maps(self, frames: np.ndarray) -> np.ndarray:
        check_has_cells(frames, self.cell)
        described = [_descriptors(torch.from_numpy(frame)) for frame in frames]
        return torch.stack(described).numpy()


def check_has_cells(frames: np.ndarray, cell: int) -> None:
    """Raises ValueError unless frames are uint8 [F, H, W, 3] of at least one cell."""
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
        raise ValueError(f"expected uint8 [F, H, W, 3], got {frames.dtype} {list(frames.shape)}")
    if min(frames.shape[1:3]) < cell:
        raise ValueError(f"frames {list(frames.shape)} are smaller than a cell of {cell} pixels")


def _descriptors(frame: Tensor) -> Tensor:
    """uint8 [H, W, 3] → [C, h, w]."""
    H, W = (side // CELL * CELL for side in frame.shape[:2])
    red, green, blue = colour = frame[:H, :W].permute(2, 0, 1).float() / 255
    luminance = torch.einsum("c,chw->hw", torch.tensor(LUMA_601), colour)
    opponents = torch.stack([luminance, red - green, blue - (red + green) / 2])
    first, second = _scattered(luminance)
    return torch.cat([first.flatten(0, 1), second.flatten(0, 1), _cell_means(opponents, CELL)])


def _scattered(luminance: Tensor) -> tuple[Tensor, Tensor]:
    """[H, W] → logarithms of order 1 [J, L, h, w] and of order 2 [pairs of scales, L, h, w]."""
    spectrum = torch.fft.fft2(_padded(luminance))
    first, second = [], []
    for fine in range(SCALES):
        envelope = convolved(spectrum, morlet_bank(fine, *spectrum.shape), 2**fine).abs()
        energy = _inner_means(envelope, 2**fine)
        first.append((energy + FLOOR).log())
        spectra = torch.fft.fft2(envelope)
        reference = (energy.mean(dim=0) + FLOOR).log()
        for step in range(1, SCALES - fine):
            bank = morlet_bank(step, *spectra.shape[-2:])
            modulation = convolved(spectra, bank, 2**step).abs()
            energies = _by_turn(_inner_means(modulation, 2 ** (fine + step)))
            second.append((energies + FLOOR).log() - reference)
    return torch.stack(first), torch.stack(second)


def _by_turn(energies: Tensor) -> Tensor:
    """[θ, θ', h, w] → [δ, h, w]: the mean over θ of the entries with θ' = θ + δ."""
    theta = torch.arange(ORIENTATIONS)
    turns = [energies[theta, (theta + turn) % ORIENTATIONS] for turn in range(ORIENTATIONS)]
    return torch.stack(turns).mean(dim=1)


def convolved(spectrum: Tensor, filters: Tensor, stride: int) -> Tensor:
    """x ∗ ψ at every ``stride``-th pixel: [..., H, W], [L, H, W] → [..., L, H/s, W/s].

    Taking every s-th pixel is folding the spectrum: the copies that fall together are averaged.
    """
    product = spectrum[..., None, :, :] * filters
    *leading, H, W = product.shape
    blocks = product.view(*leading, stride, H // stride, stride, W // stride)
    return torch.fft.ifft2(blocks.mean(dim=(-4, -2)))


@lru_cache(maxsize=32)
def morlet_bank(scale: int, height: int, width: int) -> Tensor:
    """Spectra [L, height, width] of ψ_{j,θ} = g_j·(e^{i ξ_j·x} − β), without mean, cut off at 3 σ.

    g_j: a Gaussian of σ_j = 0.8·2^j pixels and sum 1. |ξ_j| = 0.75 π / 2^j. They are real, as ψ
    turned by 180° is its own conjugate.
    """
    sigma, frequency = SIGMA * 2**scale, FREQUENCY / 2**scale
    radius = ceil(3 * sigma)
    position = torch.arange(-radius, radius + 1, dtype=torch.float64)
    y, x = torch.meshgrid(position, position, indexing="ij")
    envelope = torch.exp(-(x**2 + y**2) / (2 * sigma**2))
    envelope /= envelope.sum()
    theta = torch.arange(ORIENTATIONS, dtype=torch.float64)[:, None, None] * pi / ORIENTATIONS
    wave = torch.exp(1j * frequency * (x * torch.cos(theta) + y * torch.sin(theta)))
    mean = (envelope * wave).sum(dim=(-2, -1), keepdim=True)
    kernel = torch.zeros(ORIENTATIONS, height, width, dtype=torch.complex128)
    kernel[:, : len(position), : len(position)] = envelope * (wave - mean)
    centred = torch.roll(kernel, (-radius, -radius), dims=(-2, -1))
    return torch.fft.fft2(centred).real.float()


def _padded(luminance: Tensor) -> Tensor:
    """Mirrored by a cell at each border, so that nothing wraps around."""
    rows = luminance[None, None]
    mode = "reflect" if min(luminance.shape) > CELL else "replicate"
    return nnf.pad(rows, (CELL,) * 4, mode=mode)[0, 0]


def _inner_means(maps: Tensor, stride: int) -> Tensor:
    """Without the padding, the mean of each cell: [..., H/s, W/s] → [..., h, w]."""
    border = CELL // stride
    return _cell_means(maps[..., border:-border, border:-border], border)


def _cell_means(maps: Tensor, side: int) -> Tensor:
    cells = nnf.avg_pool2d(maps.reshape(-1, 1, *maps.shape[-2:]), side)
    return cells.view(*maps.shape[:-2], *cells.shape[-2:])
