"""DynaScene's stages at size micro: the rows of its Tables 3 and 4 and of its Figure 9.

Every row sees the frames of ``MICRO_TRAINING``, 6,000 steps of 8 clips of 3 frames. Two stages
share them out; the first sees single frames, as many a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import nn

from dynascene.models.denoiser import Denoiser
from dynascene.models.systems.dynascene_parameters import image_parameters, video_parameters
from dynascene.models.systems.dynascene_rendered import DYNASCENE_MICRO, DYNASCENE_MICRO_PAPER
from dynascene.models.systems.system import (
    ParameterGroup,
    RenderedTraining,
    TableRow,
    TrainingSchedule,
    TrainingStage,
)

FIRST_SHARE = 1 / 3  # of the frames, in the first of two stages; as at size small
Tables = Mapping[int, tuple[TableRow, ...]]


def image_and_camera_parameters(denoiser: Denoiser) -> list[nn.Parameter]:
    """Stage I of networks with shared rays, whose U-Net and ReferenceNet read rays themselves."""
    camera = denoiser.conditioners["plucker_camera"].parameters()
    return [*image_parameters(denoiser), *(p for p in camera if p.requires_grad)]


@dataclass(frozen=True, kw_only=True)
class MicroLineup:
    """Rows that are compared with each other.

    Attributes:
        training: whose network, loss, numbers and sampling they have.
        first: what the first of two stages trains.
    """

    training: RenderedTraining
    first: ParameterGroup

    @property
    def prefix(self) -> str:
        """Of the stages' names: the network's."""
        return f"{self.training.variant}."

    def stage(self, stage: TrainingStage) -> TrainingStage:
        """A stage of the paper in this lineup."""
        frames = self.training.size.frames
        trains, mix, share = stage.trains, stage.mix, 1.0
        if trains is image_parameters:
            trains, share, frames = self.first, FIRST_SHARE, 1
            if self.first is image_parameters:  # it reads no camera, whatever it is told
                mix = replace(mix, null_camera=1)
        elif trains is video_parameters:
            share = 1 - FIRST_SHARE
        return replace(
            stage,
            name=self.prefix + stage.name,
            trains=trains,
            mix=mix,
            schedules={self.training.size.name: self._schedule(share, frames)},
            variant=self.training.variant,
            continues=None if stage.continues is None else self.prefix + stage.continues,
            loss=self.training.loss,
            notes={},
        )

    def _schedule(self, share: float, frames: int) -> TrainingSchedule:
        training = self.training
        return TrainingSchedule(
            steps=round(training.steps * share),
            batch=training.batch * training.size.frames // frames,
            frames=frames,
            learning_rate=training.learning_rate,
            warmup=training.warmup,
            floor=training.floor,
            ema=training.ema,
            sampling_steps=training.sampling[0],
            guidance=training.sampling[1],
        )


LINEUPS = (
    MicroLineup(training=DYNASCENE_MICRO_PAPER, first=image_parameters),
    MicroLineup(training=DYNASCENE_MICRO, first=image_and_camera_parameters),
)


def at_micro(tables: Tables) -> dict[int, tuple[TableRow, ...]]:
    """The same rows at size micro, in every lineup, by number.

    First stages that differ in name alone are one.
    """
    rows: dict[int, tuple[TableRow, ...]] = {}
    firsts: list[TrainingStage] = []
    for lineup in LINEUPS:
        for number, table in tables.items():
            own = tuple(_row(lineup, row, firsts) for row in table)
            rows[number] = (*rows.get(number, ()), *own)
    return rows


def _row(lineup: MicroLineup, row: TableRow, firsts: list[TrainingStage]) -> TableRow:
    first, *rest = map(lineup.stage, row.stages)
    same = [other for other in firsts if replace(first, name=other.name) == other]
    if not same:
        firsts.append(first)
    first = (same or [first])[0]
    return replace(row, stages=(first, *(replace(stage, continues=first.name) for stage in rest)))


def stages_of(*tables: Tables) -> tuple[TrainingStage, ...]:
    """All stages of some tables, each once."""
    stages = (s for numbered in tables for t in numbered.values() for row in t for s in row.stages)
    return tuple({stage.name: stage for stage in stages}.values())
