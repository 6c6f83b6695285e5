"""A training run as plain data: what is trained on what, for how long."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from torch import Generator, Tensor, nn
from torch.utils.data import Dataset

from dynascene.datasets.imagery import training_folder
from dynascene.errors import InputError
from dynascene.models.public_weights import PublicWeights
from dynascene.seeds import check_seed
from dynascene.synthetic.worlds import WORLDS, check_worlds
from dynascene.training.state import checkpoint_folders

Precision = Literal["no", "bf16", "fp16"]
FRESH = "random"  # in place of weights to start from


class Objective(nn.Module, ABC):
    """The networks of a run and the loss that trains them.

    It is one module, so that one forward call holds everything that has weights (data parallelism
    and mixed precision wrap exactly that), and its state dict is what checkpoints store.
    """

    additive: bool = True
    """Whether the loss of a batch is the mean of its samples' own losses, so that a step's samples
    may be shared out over processes and parts. False: one process takes them all at once."""

    @abstractmethod
    def forward(self, batch: Any, generators: Sequence[Generator]) -> dict[str, Tensor]:
        """The losses of a batch.

        Args:
            generators: one for each sample that was collated, in order and of the CPU. All that is
                random about a sample is drawn from its own.

        Returns:
            Scalars to log: ``loss`` is minimised, ``loss/TASK`` is that of a task's samples and
            ``share/TASK`` their share of the batch.
        """

    @abstractmethod
    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        """The parameters that change, by their names in the state dict."""

    @abstractmethod
    def examine(self, seed: int) -> Examination:
        """Figures and a picture on validation material, with the present weights."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write what the run was for, in half precision, into a folder that exists."""

    def finish(self) -> None:
        """Last touches before ``export``, such as constants measured from data."""

    def picture(self, batch: Any) -> Tensor | None:
        """A batch to look at, [3, H, W] in 0 … 1; None where there is nothing to see."""
        return None

    def enable_checkpointing(self) -> None:
        """Compute activations again for the gradient instead of storing them.

        Raises:
            InputError: no trained network can do it.
        """
        able = [
            part
            for part in self.children()
            if getattr(part, "_supports_gradient_checkpointing", False)  # as diffusers calls it
            and any(p.requires_grad for p in part.parameters())
        ]
        if not able:
            raise InputError("`checkpointing`: no network that this recipe trains can do it")
        for part in able:
            part.enable_gradient_checkpointing()  # ty: ignore[not-callable]


@dataclass(frozen=True)
class Examination:
    """What an objective shows of itself.

    Args:
        figures: by name.
        sheet: a picture [3, H, W] in 0 … 1.
    """

    figures: Mapping[str, float]
    sheet: Tensor


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """Adam, decoupled weight decay, linear warm-up, then a half cosine.

    Args:
        learning_rate: its peak.
        warmup: steps.
        floor: the last step's share of the peak.
        betas, weight_decay: as in Adam.
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

    The last three say how a step is computed, not what it is.

    Args:
        out: the run's folder.
        data: folder of training imagery. None becomes the one that ``training_folder`` finds, and
            stays None for procedural pictures.
        autoencoder: folder of a trained small autoencoder; None = the bundled one.
        cache: folder for encoded clips; None = inside ``out``.
        seed: of everything.
        steps, batch, learning_rate: in place of the recipe's.
        clips: folders or URLs of filmed clips; none = rendered ones.
        worlds: how often each world of rendered ones is drawn.
        start: weights to start from (a run, exported weights, "random"); None = the recipe's.
        precision: of the activations; weights and optimiser stay float32.
        accumulate: parts of a step's batch that follow each other.
        checkpointing: activations are computed again instead of stored; None = as the recipe says.

    Raises:
        InputError: a number is out of its range, or the data folder cannot be used.
    """

    out: Path
    data: Path | None = None
    autoencoder: Path | None = None
    cache: Path | None = None
    seed: int = 0
    steps: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    clips: tuple[str, ...] = ()
    worlds: Mapping[str, float] = field(default_factory=lambda: dict(WORLDS), hash=False)
    start: str | None = None
    precision: Precision = "bf16"
    accumulate: int = 1
    checkpointing: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", training_folder(self.data))
        for name in ("steps", "batch", "accumulate"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"`{name}` {value}: expected at least 1")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1:
            raise InputError(
                f"`learning_rate` {self.learning_rate}: expected a number between 0 and 1"
            )
        if self.precision not in get_args(Precision):
            choices = ", ".join(get_args(Precision))
            raise InputError(f"`precision` {self.precision}: expected one of {choices}")
        check_worlds(self.worlds)
        check_seed(self.seed)

    def refuse_clips(self, recipe: str) -> None:
        """A recipe that trains on rendered places alone takes no filmed clips.

        Raises:
            InputError: some are named.
        """
        if self.clips:
            raise InputError(
                f"`clips`: {recipe} trains on rendered places; for filmed clips take a recipe such "
                "as dynascene.small.single_stage"
            )

    def refuse_unread(self, recipe: str, *names: str) -> None:
        """A recipe does not pass over settings that it has no use for.

        A run that has begun stays what it is: earlier versions did pass over them.

        Args:
            names: of ``worlds``, and of settings that are None where nothing was chosen.

        Raises:
            InputError: one of them was chosen.
        """
        if checkpoint_folders(self.out):
            return
        for name in names:
            unchosen = WORLDS if name == "worlds" else None
            if getattr(self, name) != unchosen:
                raise InputError(f"`{name}`: {recipe} does not use it; leave it out")

    def refuse_start(self, recipe: str) -> None:
        """A recipe that starts from fresh weights takes no others.

        Raises:
            InputError: some are named.
        """
        if self.start not in (None, FRESH):
            raise InputError(f"`start`: {recipe} starts from fresh weights")

    def to_json(self) -> dict[str, Any]:
        """Plain values, the paths of what exists absolute."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values |= {"start": absolute(self.start), "clips": tuple(map(absolute, self.clips))}
        return {k: str(v.resolve()) if isinstance(v, Path) else v for k, v in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Settings:
        """The inverse of ``to_json``.

        Raises:
            InputError: it has settings that this version does not know.
        """
        if unknown := values.keys() - {field.name for field in fields(cls)}:
            raise InputError(f"{values['out']}: its setting {min(unknown)[:60]!r} is unknown")
        paths = ("out", "data", "autoencoder", "cache")
        arguments: dict[str, Any] = {
            k: Path(v) if k in paths and v else v for k, v in values.items()
        }
        arguments["clips"] = tuple(arguments.get("clips", ()))
        return cls(**arguments)


def absolute(place: str | None) -> str | None:
    """A local folder as an absolute path; URLs, hub ids and words as they are."""
    if place is None or place == FRESH or not Path(place).exists():
        return place
    return str(Path(place).resolve())


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recipe's answer to Settings.

    Args:
        objective: makes the networks; called once, after seeding.
        samples: an indexable set; step k takes the samples k·batch … (k+1)·batch − 1.
        collate: samples → the objective's batch.
        steps, batch: totals.
        ema: decay of the averaged weights.
        log_every, checkpoint_every, examine_every: in steps.
        public: the public weights that it starts from unless others are given; None = none.
        recompute: whether activations are computed again where the settings do not say.
        notes: what a reader should know about a number, by its name in ``numbers`` (or any other),
            such as "paper §4.1: 1e-5; ours 4e-4, because …".
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
    public: PublicWeights | None = None
    recompute: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        return self.settings.seed

    @property
    def checkpointing(self) -> bool:
        """Whether activations are computed again instead of stored."""
        chosen = self.settings.checkpointing
        return self.recompute if chosen is None else chosen

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
