"""The rows of the paper's tables at one size, as data made from the registered systems."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dynascene.errors import InputError
from dynascene.models.sizes import MICRO, ModelSize
from dynascene.models.systems import SYSTEMS
from dynascene.models.systems.system import (
    Network,
    RenderedTraining,
    System,
    TableRow,
    TrainingStage,
)
from dynascene.recipes import filmed, rendered

# Which rows are compared with each other. Beside the published forms stand networks that all
# predict clean frames; of those, systems with a camera have the scene picture's rays or lack them.
AS_PUBLISHED, PLAIN, RAYS = "as published", "clean frames", "clean frames and the picture's rays"
SEEDS = {"dynascene.micro": 3, "cameractrl.micro_shared_rays": 3}  # all other rows have one


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    """A training of a row.

    Attributes:
        recipe: its name.
        steps, batch, learning_rate: of the recipe.
        network: the composition as plain values, which belongs to the identity of a training.
    """

    recipe: str
    steps: int
    batch: int
    learning_rate: float
    network: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """A place of a row in the paper's tables.

    Attributes:
        table: its number.
        lineup: the rows of one lineup are compared with each other.
        label, figures: the paper's.
    """

    table: int
    lineup: str
    label: str
    figures: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """One system, trained in one way.

    Attributes:
        name: the recipe of its last stage.
        stages: in order; each goes on from the one before.
        entries: where it stands in the paper's tables.
        reads_camera: whether the network is told a camera at all.
        guided: whether it reads a guide, for which there is no camera gap.
        seeds: trainings 0 … seeds − 1.
    """

    name: str
    stages: tuple[PlannedStage, ...]
    entries: tuple[TableEntry, ...]
    reads_camera: bool
    guided: bool
    seeds: int = 1

    @property
    def steps(self) -> int:
        """Of all stages, by their recipes."""
        return sum(stage.steps for stage in self.stages)

    def stage_steps(self, total: int | None) -> list[int]:
        """Steps of each stage: those of the recipes, or ``total`` shared out as those are."""
        if total is None:
            return [stage.steps for stage in self.stages]
        ends, done = [], 0
        for stage in self.stages:
            done += stage.steps
            ends.append(round(total * done / self.steps))
        return [max(1, end - start) for start, end in zip([0, *ends], ends, strict=False)]


def rows_of(size: ModelSize) -> tuple[PlannedRow, ...]:
    """All rows at a size: trainings on rendered clips, where they are of one budget, and stages."""
    rows: dict[str, PlannedRow] = {}
    if size == MICRO:
        for system in SYSTEMS.values():
            for training in system.rendered:
                if training.size == size and training.continues is None:
                    row = _rendered_row(system, training)
                    rows[row.name] = row
    for system in SYSTEMS.values():
        for number, table in system.tables.items():
            for line in table:
                if all(size.name in stage.schedules for stage in line.stages):
                    row = _staged_row(system, line, number, size)
                    before = rows[row.name].entries if row.name in rows else ()
                    rows[row.name] = replace(row, entries=(*before, *row.entries))
    return tuple(rows.values())


def choose_rows(rows: Sequence[PlannedRow], names: Sequence[str]) -> tuple[PlannedRow, ...]:
    """The rows of these names; all where none is named.

    Raises:
        InputError: there is none of a name.
    """
    by_name = {row.name: row for row in rows}
    for name in names:
        if name not in by_name:
            raise InputError(f"`rows` {name}: is no row of this size; known: {', '.join(by_name)}")
    return tuple(by_name[name] for name in dict.fromkeys(names)) if names else tuple(rows)


def check_one_budget(rows: Sequence[PlannedRow], total: int | None) -> None:
    """Rows of one lineup must have seen as many clips, or their order would measure that.

    Raises:
        InputError: they have not.
    """
    for lineup in {(e.table, e.lineup) for row in rows for e in row.entries}:
        budgets: dict[int, str] = {}
        for row in rows:
            if lineup not in {(e.table, e.lineup) for e in row.entries} or len(row.stages) > 1:
                continue
            steps = row.stage_steps(total)[0]
            budgets.setdefault(steps * row.stages[0].batch, row.name)
        if len(budgets) > 1:
            texts = ", ".join(f"{name} {clips:,} clips" for clips, name in budgets.items())
            raise InputError(f"`rows` of table {lineup[0]} have other budgets: {texts}")


def _rendered_row(system: System, training: RenderedTraining) -> PlannedRow:
    name = rendered.recipe_name(system, training)
    network = system.composition(training.variant)
    reads_camera = "cam_from_world" in system.inputs(training.variant)
    entries = [
        TableEntry(table=2, lineup=lineup, label=line.label, figures=line.figures)
        for line in system.tables.get(2, ())
        for lineup in _lineups(network, reads_camera)
    ]
    stage = PlannedStage(
        recipe=name,
        steps=training.steps,
        batch=training.batch,
        learning_rate=training.learning_rate,
        network=_plain(network),
    )
    return PlannedRow(
        name=name,
        stages=(stage,),
        entries=tuple(entries),
        reads_camera=reads_camera,
        guided="guide" in network.conditioners,
        seeds=SEEDS.get(name, 1),
    )


def _lineups(network: Network, reads_camera: bool) -> list[str]:
    """A system without a camera has no rays to lack, and stands in both lineups of clean frames."""
    if network.prediction == "epsilon":
        return [AS_PUBLISHED]
    if not reads_camera:
        return [PLAIN, RAYS]
    shares_rays = any(o.get("rays") == "shared" for o in network.conditioners.values())
    return [RAYS if shares_rays else PLAIN]


def _staged_row(system: System, line: TableRow, number: int, size: ModelSize) -> PlannedRow:
    stages = tuple(_planned_stage(system, stage, size) for stage in line.stages)
    last = line.stages[-1]
    entry = TableEntry(table=number, lineup=AS_PUBLISHED, label=line.label, figures=line.figures)
    return PlannedRow(
        name=stages[-1].recipe,
        stages=stages,
        entries=(entry,),
        reads_camera="cam_from_world" in system.inputs(last.variant) and last.mix.null_camera < 1,
        guided="guide" in system.composition(last.variant).conditioners,
    )


def _planned_stage(system: System, stage: TrainingStage, size: ModelSize) -> PlannedStage:
    training_schedule = stage.schedules[size.name]
    network = _plain(system.composition(stage.variant))
    return PlannedStage(
        recipe=filmed.recipe_name(system, stage, size),
        steps=training_schedule.steps,
        batch=training_schedule.batch,
        learning_rate=training_schedule.learning_rate,
        network={**network, "mix": asdict(stage.mix)},
    )


def _plain(network: Network) -> dict[str, Any]:
    """What decides the weights' meaning; what a card says of it does not."""
    values = {k: v for k, v in asdict(network).items() if k != "departures"}
    return json.loads(json.dumps(values))
