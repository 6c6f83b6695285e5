"""Features from a network in a local TorchScript file, such as the Inception that FID uses.

F frames, H W pixels, C channels, h w cells.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dynascene.errors import InputError, one_line
from dynascene.evaluation.features import Features, Scattering, check_has_cells
from dynascene.evaluation.protocol import Benchmark
from dynascene.io.checksums import sha256_of

CELL = 72  # pixels: the side of the pictures that the network is shown
COMPONENTS = 64  # channels beyond which only the principal ones are kept
PICTURES_AT_ONCE = 32


@dataclass(frozen=True)
class NetworkFeatures:
    """What a network says of square cells of the frames, each shown to it as a picture.

    module: uint8 [N, 3, 72, 72] → [N, C]; it resizes and normalises by itself, and gives features
    rather than classes (when it takes ``return_features``, as FID's does, it is told so).
    """

    name: str
    module: torch.jit.ScriptModule
    dimension: int
    weights: Mapping[str, str]
    cell: int = CELL
    reach: int = 0

    def maps(self, frames: np.ndarray) -> np.ndarray:
        check_has_cells(frames, self.cell)
        h, w = frames.shape[1] // self.cell, frames.shape[2] // self.cell
        cut = torch.from_numpy(frames[:, : h * self.cell, : w * self.cell])
        cells = cut.view(len(cut), h, self.cell, w, self.cell, 3).permute(0, 1, 3, 5, 2, 4)
        pictures = cells.reshape(-1, 3, self.cell, self.cell)
        described = [_described(self.module, part) for part in pictures.split(PICTURES_AT_ONCE)]
        grid = torch.cat(described).float().view(len(cut), h, w, self.dimension)
        return grid.permute(0, 3, 1, 2).numpy()


@dataclass(frozen=True)
class PrincipalFeatures:
    """The principal channels of others: a covariance of C channels needs many more cells than C.

    basis: [C, K], orthonormal.
    """

    features: Features
    basis: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.features.name}, {self.dimension} principal channels of the truth"

    @property
    def dimension(self) -> int:
        return self.basis.shape[1]

    @property
    def cell(self) -> int:
        return self.features.cell

    @property
    def reach(self) -> int:
        return self.features.reach

    @property
    def weights(self) -> Mapping[str, str]:
        return self.features.weights

    def maps(self, frames: np.ndarray) -> np.ndarray:
        described = self.features.maps(frames)
        return np.einsum("fchw,ck->fkhw", described, self.basis, optimize=True)


def open_features(path: Path | None, benchmark: Benchmark) -> Features:
    """Features by a TorchScript file; None = ``Scattering``, which needs no weights.

    Of more than 64 channels the principal ones on the benchmark's truth are kept. Raises InputError
    where the file cannot be read or describes no pictures.
    """
    if path is None:
        return Scattering()
    network = read_network(path)
    if network.dimension <= COMPONENTS:
        return network
    truths = (benchmark[index].truth for index in range(len(benchmark)))
    return PrincipalFeatures(network, principal_basis(network, truths, COMPONENTS))


def read_network(path: Path) -> NetworkFeatures:
    """Raises InputError where the file cannot be read or describes no pictures."""
    digest = sha256_of(path)
    try:
        module = torch.jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError) as error:
        raise InputError(f"`features` {path}: is no TorchScript file (torch.jit.save)") from error
    try:
        described = _described(module, torch.zeros(3, 3, CELL, CELL, dtype=torch.uint8))
        shape = list(described.shape)
    except (RuntimeError, AttributeError) as error:
        why = one_line(error)[-120:]  # Python's trace comes first
        raise InputError(
            f"`features` {path}: fails on uint8 pictures [3, 3, {CELL}, {CELL}]: {why}"
        ) from error
    if len(shape) != 2 or shape[0] != 3 or shape[1] < 2:
        raise InputError(f"`features` {path}: gives {shape} for three pictures, expected [3, C]")
    name = f"{path.name} on cells of {CELL} pixels"
    return NetworkFeatures(name, module, shape[1], {path.name: digest})


def principal_basis(features: Features, clips: Iterator[np.ndarray], count: int) -> np.ndarray:
    """[C, count]: the directions in which the descriptors of true clips vary most.

    clips: uint8 [F, H, W, 3] each; of each, every third frame counts.
    """
    total, outer, cells = np.zeros(features.dimension), 0.0, 0
    for frames in clips:
        x = np.moveaxis(features.maps(frames[::3]), 1, -1).reshape(-1, features.dimension)
        x = x.astype(np.float64)
        total, outer, cells = total + x.sum(axis=0), outer + x.T @ x, cells + len(x)
    mean = total / cells
    _, vectors = np.linalg.eigh(outer / cells - np.outer(mean, mean))
    return vectors[:, ::-1][:, :count].astype(np.float32)


@torch.no_grad()
def _described(module: torch.jit.ScriptModule, pictures: Tensor) -> Tensor:
    forward: Any = module.forward
    arguments = [argument.name for argument in forward.schema.arguments]
    options = {"return_features": True} if "return_features" in arguments else {}
    return module(pictures, **options)
