"""The rows of the paper's tables at one size, as data made from the registered systems."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dynascene.clip_fields import CLIP_FIELDS
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
# Systems that make the person too are told other things, on other clips.
AS_PUBLISHED, PLAIN, RAYS = "as published", "clean frames", "clean frames and the picture's rays"
PERSON_TOO = "the person made too"
SEEDS = {"dynascene.micro": 3, "cameractrl.micro_shared_rays": 3}  # all other rows have one


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    """A training of a row.

    Attributes:
        recipe: its name.
        steps, batch, learning_rate: of the recipe.
        loss: how clips become noisy and how predictions are judged, in words.
        network: the composition and the choice of data as plain values; with the others they are
            the identity of a training.
    """

    recipe: str
    steps: int
    batch: int
    learning_rate: float
    loss: str
    network: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """A place of a row in the paper's tables.

    Attributes:
        table: its number.
        lineup: the rows of one lineup are compared with each other.
        label, figures: the paper's; without figures where the paper lacks the row.
    """

    table: int
    lineup: str
    label: str
    figures: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class FigureEntry:
    """A place of a row in one of the paper's figures; as ``TableEntry``."""

    figure: int
    lineup: str
    label: str


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """One system, trained in one way.

    Attributes:
        name: the recipe of its last stage.
        stages: in order; each goes on from the one before.
        entries: where it stands in the paper's tables.
        reads_camera: whether the network is told a camera at all, if by points that follow it.
        guided: whether it reads a guide, for which there is no camera gap.
        clip_frames: of each stage.
        seeds: trainings 0 … seeds − 1.
        drawn: where it stands in the paper's figures.
        by_default: whether it is made where no row is named.
    """

    name: str
    stages: tuple[PlannedStage, ...]
    entries: tuple[TableEntry, ...]
    reads_camera: bool
    guided: bool
    clip_frames: tuple[int, ...] = ()
    seeds: int = 1
    drawn: tuple[FigureEntry, ...] = ()
    by_default: bool = True

    @property
    def steps(self) -> int:
        """Of all stages, by their recipes."""
        return sum(stage.steps for stage in self.stages)

    def frames(self, total: int | None) -> int:
        """That are seen in all stages, of ``total`` steps or those of the recipes."""
        shares = zip(self.stage_steps(total), self.stages, self.clip_frames, strict=True)
        return sum(steps * stage.batch * frames for steps, stage, frames in shares)

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
    """All rows at a size.

    At size micro those of Table 2 are trainings on rendered clips, where they are of one budget;
    else all rows are stages.
    """
    rows: dict[str, PlannedRow] = {}

    def add(row: PlannedRow) -> None:
        before = rows.get(row.name, replace(row, entries=(), drawn=()))
        entries, drawn = (*before.entries, *row.entries), (*before.drawn, *row.drawn)
        rows[row.name] = replace(before, entries=entries, drawn=drawn)

    for system in SYSTEMS.values():
        for training in system.rendered if size == MICRO else ():
            if training.size == size and training.continues is None and system.tables.get(2):
                add(_rendered_row(system, training))
    for system in SYSTEMS.values():
        for number, line in _lines_at(size, system.tables):
            row, lineup = _staged_row(system, line, size)
            entry = TableEntry(table=number, lineup=lineup, label=line.label, figures=line.figures)
            add(replace(row, entries=(entry,)))
        # relit scenes are short clips
        for number, line in _lines_at(size, system.figures) if size == MICRO else ():
            row, lineup = _staged_row(system, line, size)
            add(replace(row, drawn=(FigureEntry(figure=number, lineup=lineup, label=line.label),)))
    return tuple(rows.values())


def choose_rows(rows: Sequence[PlannedRow], names: Sequence[str]) -> tuple[PlannedRow, ...]:
    """The rows of these names; where none is named, those that are made by default.

    Raises:
        InputError: there is none of a name.
    """
    by_name = {row.name: row for row in rows}
    for name in names:
        if name not in by_name:
            raise InputError(f"`rows` {name}: is no row of this size; known: {', '.join(by_name)}")
    if not names:
        return tuple(row for row in rows if row.by_default)
    return tuple(by_name[name] for name in dict.fromkeys(names))


def check_one_budget(rows: Sequence[PlannedRow], total: int | None) -> None:
    """Rows of one lineup must have seen as many frames, or their order would measure that.

    Rows of one stage and of two are not held against each other: the paper's are not equal.

    Raises:
        InputError: they have not.
    """
    budgets: dict[tuple[int, str, int], dict[int, str]] = {}
    for row in rows:
        for entry in row.entries:
            lineup = (entry.table, entry.lineup, len(row.stages))
            budgets.setdefault(lineup, {}).setdefault(row.frames(total), row.name)
    for (table, *_), names in budgets.items():
        if len(names) > 1:
            texts = ", ".join(f"{name} {frames:,} frames" for frames, name in names.items())
            raise InputError(f"`rows` of table {table} have other budgets: {texts}")


def _rendered_row(system: System, training: RenderedTraining) -> PlannedRow:
    name = rendered.recipe_name(system, training)
    network = system.composition(training.variant)
    read = system.inputs(training.variant)
    reads_camera = any(CLIP_FIELDS[name].follows_camera for name in read)
    lineups = [PERSON_TOO] if system.makes_person else _lineups(network, reads_camera)
    entries = [
        TableEntry(table=2, lineup=lineup, label=line.label, figures=line.figures)
        for line in system.tables.get(2, ())
        for lineup in lineups
    ]
    stage = PlannedStage(
        recipe=name,
        steps=training.steps,
        batch=training.batch,
        learning_rate=training.learning_rate,
        loss=training.loss.summary,
        network={
            **_plain(network),
            "composites": training.composites,
            "matte_errors": training.matte_errors,
            **_choice_of_clips(training),
        },
    )
    return PlannedRow(
        name=name,
        stages=(stage,),
        entries=tuple(entries),
        reads_camera=reads_camera,
        guided="guide" in network.conditioners,
        clip_frames=(training.size.frames,),
        seeds=SEEDS.get(name, 1),
    )


def _choice_of_clips(training: RenderedTraining) -> dict[str, float]:
    """What a training chooses otherwise than most: they alone keep the identity they had before
    there was a choice."""
    names = ("person_share", "walkers", "without_points")
    usual = {f.name: f.default for f in fields(training) if f.name in names}
    chosen = {name: getattr(training, name) for name in names}
    return {name: value for name, value in chosen.items() if value != usual[name]}


def _lineups(network: Network, reads_camera: bool) -> list[str]:
    """A system without a camera has no rays to lack, and stands in both lineups of clean frames."""
    if network.prediction == "clean" and not reads_camera:
        return [PLAIN, RAYS]
    return [_lineup(network)]


def _lineup(network: Network) -> str:
    if network.prediction == "epsilon":
        return AS_PUBLISHED
    shares_rays = any(o.get("rays") == "shared" for o in network.conditioners.values())
    return RAYS if shares_rays else PLAIN


def _lines_at(
    size: ModelSize, tables: Mapping[int, tuple[TableRow, ...]]
) -> Iterator[tuple[int, TableRow]]:
    """The numbers and lines all of whose stages have a schedule at a size."""
    for number, table in tables.items():
        for line in table:
            if line.stages and all(size.name in stage.schedules for stage in line.stages):
                yield number, line


def _staged_row(system: System, line: TableRow, size: ModelSize) -> tuple[PlannedRow, str]:
    """A line as a row, without entries, and its lineup.

    At size micro the paper's form hardly follows a camera, so what varies about it would not show.
    """
    stages = tuple(_planned_stage(system, stage, size) for stage in line.stages)
    last = line.stages[-1]
    network = system.composition(last.variant)
    lineup = _lineup(network)
    row = PlannedRow(
        name=stages[-1].recipe,
        stages=stages,
        entries=(),
        reads_camera="cam_from_world" in system.inputs(last.variant) and last.mix.null_camera < 1,
        guided="guide" in network.conditioners,
        clip_frames=tuple(stage.schedules[size.name].frames for stage in line.stages),
        by_default=size != MICRO or lineup != AS_PUBLISHED,
    )
    return row, lineup


def _planned_stage(system: System, stage: TrainingStage, size: ModelSize) -> PlannedStage:
    training_schedule = stage.schedules[size.name]
    network = _plain(system.composition(stage.variant))
    return PlannedStage(
        recipe=filmed.recipe_name(system, stage, size),
        steps=training_schedule.steps,
        batch=training_schedule.batch,
        learning_rate=training_schedule.learning_rate,
        loss=stage.loss.summary,
        network={**network, "mix": asdict(stage.mix)},
    )


def _plain(network: Network) -> dict[str, Any]:
    """What decides the weights' meaning; what a card says of it does not."""
    values = {k: v for k, v in asdict(network).items() if k != "departures"}
    return json.loads(json.dumps(values))
