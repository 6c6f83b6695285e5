"""The description of a system, from which recipes, help, loading and sampling derive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import nn

from dynascene.errors import InputError
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import PLAIN_LOSS, DiffusionLoss
from dynascene.models.diffusion.samplers import SamplerHook
from dynascene.models.diffusion.schedule import NoiseSchedule, Parametrisation, quantity_of
from dynascene.models.diffusion.terms import LossTerm
from dynascene.models.inputs import fields_read
from dynascene.models.public_weights import PublicWeights
from dynascene.models.sizes import SMALL, ModelSize, size_to_dict
from dynascene.task_mix import TaskMix
from dynascene.types import Size

ParameterGroup = Callable[[Denoiser], list[nn.Parameter]]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Where a system was published."""

    title: str
    authors: str
    year: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Network:
    """The composition of a denoiser, in the words of its saved config.

    Attributes:
        conditioners: name in ``models.conditioners.CONDITIONERS`` → its options. Random weights are
            drawn in this order.
        prediction: the parametrisation, what the U-Net's output means, see ``Denoiser``.
        schedule: the noise schedule; how long a stage trains is a ``TrainingSchedule``.
        start: of random weights: ``silent``, so that each part is added to what works without it,
            or ``scratch``, see ``Denoiser.start_from_nothing``.
        departures: what a variant has beyond the system's own, for model cards.
    """

    conditioners: Mapping[str, Mapping[str, Any]]
    prediction: Parametrisation = "epsilon"
    schedule: NoiseSchedule = "linear"
    start: Literal["silent", "scratch"] = "silent"
    departures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrainingSchedule:
    """How long and how fast a stage trains at one size.

    Attributes:
        steps: of the optimiser.
        batch: clips of a step, in each process.
        frames: of each clip; 1 = pictures, without motion modules.
        learning_rate: its peak.
        warmup: steps in which the rate rises to its peak.
        floor: the last step's rate as a share of the peak, reached by half a cosine; 1 = constant.
        ema: decay of the averaged weights, per step.
        checkpointing: whether activations are computed again unless the user decides, to save
            memory.
        sampling_steps, guidance: of the sheets, and what the exported weights say.
    """

    steps: int
    batch: int
    frames: int
    learning_rate: float
    warmup: int
    floor: float
    ema: float
    checkpointing: bool = False
    sampling_steps: int = 25
    guidance: float = 3.5


@dataclass(frozen=True, kw_only=True)
class TrainingStage:
    """A training by tasks; the recipe SYSTEM.SIZE.NAME for every size with a schedule.

    Its clips are filmed ones, and rendered ones where none are given, as always at size micro.

    Args:
        name: last part of the recipe's name.
        trains: the denoiser's parameters that change; all others stay as they are.
        mix: the tasks that are drawn.
        schedules: size → schedule.
        variant: which of the system's variants is trained; None = its network.
        trains_image_encoder: whether a small image encoder learns too (CLIP never does).
        continues: name of the stage whose run it goes on from; None = it starts from the system's
            first weights.
        loss: how clips become noisy, and how predictions are judged.
        notes: number → what the paper says about it, with the section.
    """

    name: str
    trains: ParameterGroup
    mix: TaskMix
    schedules: Mapping[str, TrainingSchedule]
    variant: str | None = None
    trains_image_encoder: bool = True
    continues: str | None = None
    loss: DiffusionLoss = PLAIN_LOSS
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RenderedTraining:
    """A training on rendered shots, made once; the recipe SYSTEM.NAME.

    Everything is trained: at size micro on clips of one length, which are kept as bytes; at other
    sizes on single frames and clips in turn, which are kept encoded.

    Args:
        name: last part of the recipe's name.
        target: ``background`` is the place without the person, which only rendered shots know;
            ``video`` is the shot as filmed.
        loss: how clips become noisy, and how predictions are judged.
        sampling: steps and guidance of the sheets and of the exported weights.
        steps, learning_rate: length, and peak rate.
        variant: which of the system's variants is trained; None = its network.
        continues: the recipe whose run it goes on from; None starts fresh.
        on_clips: name of the stage that is trained instead where filmed clips are given.
        size: of the networks.
        batch: at size micro clips. Else clips of the shortest of ``lengths``: of longer ones there
            are as many fewer.
        warmup, floor, ema: as in ``TrainingSchedule``.
        composites, matte_errors: shares of the clips, at size micro alone: those whose scene
            picture is a frame of their own, person included, and those whose matte has faults.
        person_share: share of the clips with a person, at size micro alone.
        walkers: whether every clip has a person whose steps tell how the camera moves, at size
            micro alone.
        without_points: share of the clips that have no points, where clips have any, at size
            micro alone.
        added: beginnings of the names of weights that what it goes on from lacks; they start fresh.
        clip_size, clip_frames: not at size micro, of the clips that it trains on; None = those of
            the size.
        lengths: not at size micro, frames of a batch's pieces of clips; they take turns.
        first_clips: not at size micro, how many clips there are at the start.
        uses: not at size micro, samples until the next clip comes in.
        examined: on which validation places: ``shots``, whole ones with a guide, or ``moves``,
            plain ones along the true and the opposite track.
    """

    name: str
    target: Literal["background", "video"]
    loss: DiffusionLoss
    sampling: tuple[int, float]
    steps: int
    learning_rate: float = 4e-4
    variant: str | None = None
    continues: str | None = None
    on_clips: str | None = None
    size: ModelSize = SMALL
    batch: int = 24  # as many as 3 clips of 8 or one of 24
    warmup: int = 200
    floor: float = 0.05
    ema: float = 0.999  # a thousand steps long; not in the paper
    composites: float = 0.0
    matte_errors: float = 0.0
    person_share: float = 0.5
    walkers: bool = False
    without_points: float = 0.0
    added: tuple[str, ...] = ()
    clip_size: Size | None = None
    clip_frames: int | None = None
    # single frames (stage I: no motion modules) show many places at once, motion is learnt from
    # short clips, and long ones teach the whole window
    lengths: tuple[int, ...] = (1, 8, 1, 24)
    first_clips: int = 150
    uses: int = 240
    examined: Literal["shots", "moves"] = "shots"


def paper_figures(*values: float) -> dict[str, float]:
    """The figures of a row of DynaScene's tables by metric, in their order."""
    metrics = ("L1e-5", "PSNR", "SSIM", "LPIPS", "FID", "FVD-I3D", "FVD-3DRes")
    return dict(zip(metrics, values, strict=True))


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """A row of a paper's table, or of one of its figures.

    Attributes:
        label: as in the paper.
        stages: whose weights it measures; none where its rows are rendered trainings alone.
        figures: the paper's numbers, by metric (``paper_figures``); empty for a row that the paper
            lacks. ``dynascene tables`` compares orders and margins with them.
    """

    label: str
    stages: tuple[TrainingStage, ...]
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class System:
    """A published method, or one's own, on the common core.

    Args:
        name: saved weights and recipes carry it.
        summary: one line for people.
        paper: where it was published.
        departures: in what it differs from the publication, for model cards.
        network: what its denoiser is composed of.
        variants: other compositions by name.
        stages, rendered: its trainings.
        tables, figures: its rows of DynaScene's tables and figures by number; they name its stages.
        first_weights: size → public weights to start from; sizes that are not named start fresh.
        loss_terms: further terms of the loss of all its trainings.
        sampler_hooks: applied in order before the first step of sampling and after each.
        long_clips: what covers clips that are longer than the network sees: overlapping
            ``windows`` that are averaged in every step, or clips that are ``chained``, each from
            the last frame of the one before.
        makes_person: whether it makes the whole video, person included, of somebody who was not
            filmed.

    Raises:
        InputError: a training's loss does not suit its network (``DiffusionLoss.check``).
    """

    name: str
    summary: str
    network: Network
    paper: Paper | None = None
    departures: tuple[str, ...] = ()
    variants: Mapping[str, Network] = field(default_factory=dict)
    stages: tuple[TrainingStage, ...] = ()
    rendered: tuple[RenderedTraining, ...] = ()
    tables: Mapping[int, tuple[TableRow, ...]] = field(default_factory=dict)
    figures: Mapping[int, tuple[TableRow, ...]] = field(default_factory=dict)
    first_weights: Mapping[str, PublicWeights] = field(default_factory=dict)
    loss_terms: tuple[LossTerm, ...] = ()
    sampler_hooks: tuple[SamplerHook, ...] = ()
    long_clips: Literal["windows", "chained"] = "windows"
    makes_person: bool = False

    def __post_init__(self) -> None:
        for training in (*self.stages, *self.rendered):
            network = self.composition(training.variant)
            try:
                loss = training.loss.with_terms(self.loss_terms)
                loss.check(quantity_of(network.prediction, network.schedule))
            except InputError as error:
                raise InputError(f"{self.name}.{training.name}: {error}") from None

    @property
    def description(self) -> str:
        """What the system does and where it was published, in one line."""
        if self.paper is None:
            return self.summary
        return f"{self.summary}; {self.paper.authors} {self.paper.year}, {self.paper.url}"

    def composition(self, variant: str | None = None) -> Network:
        """``network``, or the variant of this name.

        Raises:
            InputError: there is none.
        """
        if variant is None:
            return self.network
        if variant not in self.variants:
            names = ", ".join(self.variants) or "none"
            raise InputError(f"{self.name}: has no variant {variant!r}; known: {names}")
        return self.variants[variant]

    def departures_of(self, denoiser: Denoiser) -> tuple[str, ...]:
        """In what a denoiser of this system differs from the publication."""
        parts = (denoiser.config["conditions"], denoiser.prediction, denoiser.schedule)
        for network in (self.network, *self.variants.values()):
            conditioners = {name: dict(o) for name, o in network.conditioners.items()}
            if (conditioners, network.prediction, network.schedule) == parts:
                return (*self.departures, *network.departures)
        return self.departures

    def inputs(self, variant: str | None = None) -> frozenset[str]:
        """The fields of a clip (``clip_fields.CLIP_FIELDS``) that its conditioners read."""
        conditioners = self.composition(variant).conditioners
        return fields_read(CONDITIONERS[n].reads_with(**o) for n, o in conditioners.items())

    def denoiser(self, size: ModelSize, variant: str | None = None) -> Denoiser:
        """A fresh denoiser of ``network``, or of a variant."""
        network = self.composition(variant)
        denoiser = Denoiser(
            size=size_to_dict(size),
            conditions={name: dict(options) for name, options in network.conditioners.items()},
            prediction=network.prediction,
            system=self.name,
            schedule=network.schedule,
        )
        if network.start == "scratch":
            denoiser.start_from_nothing()
        return denoiser

    def stage(self, name: str) -> TrainingStage:
        """The stage of this name.

        Raises:
            InputError: there is none.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        names = ", ".join(stage.name for stage in self.stages)
        raise InputError(f"{self.name}: has no stage {name!r}; known: {names}")


def all_parameters(denoiser: Denoiser) -> list[nn.Parameter]:
    """Every parameter that is read."""
    return [p for p in denoiser.parameters() if p.requires_grad]
