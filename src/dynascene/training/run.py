"""A training run as plain data: what is trained on what, for how long."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import Generator, Tensor, nn
from torch.utils.data import Dataset

from dynascene.datasets.imagery import training_folder
from dynascene.errors import InputError


class Objective(nn.Module, ABC):
    """The networks of a run and the loss that trains them.

    It is one module, so that one forward call holds everything that has weights (data parallelism
    and mixed precision wrap exactly that), and its state dict is what checkpoints store.
    """

    @abstractmethod
    def forward(self, batch: Any, generator: Generator) -> dict[str, Tensor]:
        """Scalars to log; ``loss`` is minimised. All randomness comes from ``generator``."""

    @abstractmethod
    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters that change, by their names in the state dict."""

    @abstractmethod
    def examine(self, seed: int) -> Examination:
        """Figures and a picture on validation material, with the present weights."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write what the run was for, in half precision, into a folder that exists."""

    def finish(self) -> None:
        """Last touches before ``export``, such as constants measured from data."""


@dataclass(frozen=True)
class Examination:
    """figures: by name. sheet: a picture [3, H, W] in 0 … 1."""

    figures: Mapping[str, float]
    sheet: Tensor


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """Adam, decoupled weight decay, linear warm-up, then a half cosine.

    learning_rate: its peak. warmup: steps. floor: the last step's share of the peak.
    clip: the largest gradient norm.
    """

    learning_rate: float
    warmup: int
    floor: float = 0.05
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user of a recipe may choose; None leaves it to the recipe.

    out: the run's folder. data: folder of training imagery; None becomes the one that
    ``training_folder`` finds, and stays None for procedural pictures. autoencoder: folder of a
    trained small autoencoder; None = the bundled one. cache: folder for encoded clips; None =
    inside ``out``. seed: of everything. Raises InputError for numbers that cannot be and for a
    bad data folder.
    """

    out: Path
    data: Path | None = None
    autoencoder: Path | None = None
    cache: Path | None = None
    seed: int = 0
    steps: int | None = None
    batch: int | None = None
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", training_folder(self.data))
        for name in ("steps", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"--{name} {value}: expected at least 1")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1:
            raise InputError(f"--lr {self.learning_rate}: expected a number between 0 and 1")
        if self.seed < 0:
            raise InputError(f"--seed {self.seed}: expected at least 0")

    def to_json(self) -> dict[str, Any]:
        """Plain values, paths absolute."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: str(v.resolve()) if isinstance(v, Path) else v for k, v in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Settings:
        """The inverse of ``to_json``."""
        paths = ("out", "data", "autoencoder", "cache")
        read: dict[str, Any] = {k: Path(v) if k in paths and v else v for k, v in values.items()}
        return cls(**read)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recipe's answer to Settings.

    objective: makes the networks; called once, after seeding. samples: an indexable set; step k
    takes the samples k·batch … (k+1)·batch − 1. collate: samples → the objective's batch.
    steps, batch: totals. ema: decay of the averaged
    weights. keep: how many checkpoints stay.
    """

    name: str
    settings: Settings
    objective: Callable[[], Objective]
    samples: Callable[[], Dataset[Any]]
    collate: Callable[[Sequence[Any]], Any]
    optimiser: Optimiser
    steps: int
    batch: int
    ema: float
    log_every: int = 10
    checkpoint_every: int = 250
    examine_every: int = 500
    keep: int = 2

    @property
    def seed(self) -> int:
        return self.settings.seed

    def numbers(self) -> dict[str, Any]:
        """What decides the losses, as plain JSON values."""
        return {
            "recipe": self.name,
            "settings": self.settings.to_json(),
            "steps": self.steps,
            "batch": self.batch,
            "seed": self.seed,
            "ema": self.ema,
            "optimiser": asdict(self.optimiser),
        }
