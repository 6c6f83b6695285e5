"""The steps of one row and seed: training, weights, camera gap, metrics.

Every step writes a folder named after the hash of all that decides it, so a finished one is known
by its own result, wherever the whole has been moved to, and changed inputs have a folder of their
own.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from dynascene.errors import InputError
from dynascene.evaluation.metrics.measures import VERSION as METRIC_VERSION
from dynascene.io.atomic import write_text
from dynascene.io.file_locks import file_lock
from dynascene.models.sizes import size_to_dict
from dynascene.recipes.provenance import CARD
from dynascene.reproduction.materials import Identity, ReproductionRequest, fingerprint
from dynascene.reproduction.plan import PlannedRow
from dynascene.reproduction.relit_scenes import STRENGTHS
from dynascene.reproduction.relit_scenes import VERSION as SCENES_VERSION
from dynascene.training.run import Settings
from dynascene.training.state import checkpoint_folders
from dynascene.training.trainer import DESCRIPTION

METRICS = "metrics.json"
LIGHT_FIGURE = 9  # the paper's, of relit scenes
KEY_LENGTH = 12
# The still picture, the first frame held, and the projection, measured once as all rows are.
WITHOUT_TRAINING = PlannedRow(
    name="without-training", stages=(), entries=(), reads_camera=False, guided=False
)
SEED = 0  # of all benchmarks and of the noise there


class StageFolder(NamedTuple):
    """A training: its folder, which is a run's, and what is trained."""

    path: Path
    recipe: str
    steps: int
    inputs: Mapping[str, Any]

    @property
    def step(self) -> int:
        """The newest checkpoint's; 0: none yet."""
        checkpoints = checkpoint_folders(self.path)
        return int(checkpoints[-1].name) if checkpoints else 0

    @property
    def is_done(self) -> bool:
        return self.step >= self.steps


class ResultFolder(NamedTuple):
    """What a step writes at its end, whole or not at all."""

    path: Path
    listing: str
    inputs: Mapping[str, Any]

    @property
    def is_done(self) -> bool:
        return (self.path / self.listing).is_file()


@dataclass(frozen=True)
class RowSteps:
    """All steps of one row and seed.

    Attributes:
        out: folder of the whole.
        request, identity: what it is trained and measured on.
        row, seed: which training; a row without stages has none, and is measured alone.
    """

    out: Path
    request: ReproductionRequest
    identity: Identity
    row: PlannedRow
    seed: int

    @property
    def folder(self) -> Path:
        return self._folder_of(self.row.name)

    @property
    def name(self) -> str:
        """For people."""
        return self.row.name if self.row.seeds == 1 else f"{self.row.name}, seed {self.seed}"

    @cached_property
    def stages(self) -> list[StageFolder]:
        folders: list[StageFolder] = []
        steps_of = self.row.stage_steps(self.request.steps)
        for stage, steps in zip(self.row.stages, steps_of, strict=True):
            inputs = {
                **asdict(stage),
                "steps": steps,
                "seed": self.seed,
                "pictures": self.identity.pictures,
                "clips": list(self.identity.clips),
                "before": fingerprint(folders[-1].inputs) if folders else None,
            }
            # a first stage that several rows begin with lies under its own name, and is one
            path = self._place("run", inputs, stage.recipe)
            folders.append(StageFolder(path, stage.recipe, steps, inputs))
        return folders

    @cached_property
    def weights(self) -> ResultFolder | None:
        """None: there is no training."""
        if not self.stages:
            return None
        inputs = {"run": fingerprint(self.stages[-1].inputs)}
        return ResultFolder(self._place("weights", inputs), CARD, inputs)

    @cached_property
    def gap(self) -> ResultFolder | None:
        """None: the row reads a guide."""
        if self.row.guided:
            return None
        inputs = {**self._measured, "pictures": self.identity.pictures, "estimate": True}
        return ResultFolder(self._place("gap", inputs), METRICS, inputs)

    @cached_property
    def metrics(self) -> dict[str, ResultFolder]:
        """By benchmark."""
        folders = {}
        for number, (text, contents) in enumerate(self.identity.benchmarks.items()):
            inputs = {
                **self._measured,
                "benchmark": text.partition(":")[0],
                "contents": contents,
                "metrics": self.identity.metrics,
                "version": METRIC_VERSION,
            }
            if (seconds := self.request.seconds_of(text)) is not None:
                inputs["seconds"] = seconds
            folders[text] = ResultFolder(self._place(f"metrics{number}", inputs), METRICS, inputs)
        return folders

    @cached_property
    def relit(self) -> dict[str, ResultFolder]:
        """By light of the scenes; none: the row is not in Figure 9."""
        if not any(entry.figure == LIGHT_FIGURE for entry in self.row.drawn):
            return {}
        folders = {}
        for number, (name, strength) in enumerate(STRENGTHS.items()):
            inputs = {
                **self._measured,
                "pictures": self.identity.pictures,
                "strength": strength,
                "scenes": SCENES_VERSION,
                "version": METRIC_VERSION,
            }
            folders[name] = ResultFolder(self._place(f"light{number}", inputs), METRICS, inputs)
        return folders

    @property
    def results(self) -> list[ResultFolder]:
        """Everything after the training."""
        maybe = (self.weights, self.gap)
        further = (*self.metrics.values(), *self.relit.values())
        return [*(each for each in maybe if each is not None), *further]

    @property
    def is_done(self) -> bool:
        return all(result.is_done for result in self.results)

    def settings(self, number: int) -> Settings:
        """Of a stage."""
        stage = self.stages[number]
        before = self.stages[number - 1].path if number else None
        return Settings(
            out=stage.path,
            data=self.request.imagery,
            cache=self.out / "clips",
            seed=self.seed,
            steps=stage.steps,
            clips=self.request.clips,
            start=None if before is None else str(before),
        )

    @property
    def _measured(self) -> dict[str, Any]:
        measured = (
            {"system": self.row.name}
            if self.weights is None
            else {"weights": fingerprint(self.weights.inputs)}
        )
        return {
            **measured,
            "size": size_to_dict(self.request.size),
            "test_clips": self.request.test_clips,
            "seed": SEED,
        }

    def _place(self, kind: str, inputs: Mapping[str, Any], recipe: str | None = None) -> Path:
        folder = self._folder_of(recipe or self.row.name)
        return folder / f"{kind}-{fingerprint(inputs)[:KEY_LENGTH]}"

    def _folder_of(self, recipe: str) -> Path:
        return self.out / "rows" / recipe / f"seed{self.seed}"


def plan_steps(
    out: Path, request: ReproductionRequest, identity: Identity, rows: tuple[PlannedRow, ...]
) -> list[RowSteps]:
    """Every row once, then the further seeds.

    Of rows that begin with one first stage, the others come last: they would wait for it.
    """
    steps = [
        RowSteps(out, request, identity, row, seed) for row in rows for seed in range(row.seeds)
    ]
    begun: set[str] = set()
    waiting: set[str] = set()
    for each in steps:
        firsts = {str(stage.path) for stage in each.stages[:-1]}
        if firsts & begun:
            waiting.add(each.name)
        begun |= firsts
    return sorted(steps, key=lambda each: (each.seed, each.name in waiting))


def plain_steps(out: Path, request: ReproductionRequest, identity: Identity) -> RowSteps:
    """Of what needs no training."""
    return RowSteps(out, request, identity, WITHOUT_TRAINING, 0)


def record_inputs(step: StageFolder | ResultFolder) -> None:
    """Write beside a step's folder what its name is the hash of."""
    step.path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(step.inputs, indent=1, ensure_ascii=False)
    write_text(step.path.with_name(f"{step.path.name}.json"), text + "\n")


def relocate_run(settings: Settings) -> None:
    """Tell a run where its inputs lie now: the name of its folder says that they are the same."""
    description = settings.out / DESCRIPTION
    if description.is_file():
        values = json.loads(description.read_text(encoding="utf-8"))
        now = replace(settings, precision=values["settings"]["precision"]).to_json()
        values["settings"] = {**values["settings"], **now}
        write_text(description, json.dumps(values, indent=2) + "\n")


@contextmanager
def only_one(folder: Path, *, wait: bool = False) -> Generator[None]:
    """A lock that ends with the process.

    Args:
        folder: what is locked.
        wait: until another process has done with it, rather than refuse.

    Raises:
        InputError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(folder / ".lock", wait=wait))
        except OSError:
            raise InputError(f"{folder}: another process is at work on it") from None
        yield
