"""The clips of a recipe: filmed ones, or synthetic ones."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.sources import MixedSources
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.synthetic.worlds import WORLDS
from dynascene.task_mix import TaskMix
from dynascene.training.launching import is_first_process
from dynascene.types import Size

log = logging.getLogger(__name__)

# Synthetic shots are so many times as long as pieces, so that others lie outside; and at least …
LONGER, LEAST = 2, 12  # … so many frames, so that others show something else


class TrainingClips(NamedTuple):
    """Clips, and the mix of tasks that they are trained by."""

    clips: Dataset[FilmedClip]
    mix: TaskMix


def open_clips(
    sources: Sequence[str],
    mix: TaskMix,
    size: Size,
    length: int,
    seed: int,
    *,
    run: int = 1,
    imagery: Path | None = None,
    worlds: Mapping[str, float] = WORLDS,
    cache: Path | None = None,
    split: str = "train",
) -> TrainingClips:
    """Open clips: filmed ones from folders or URLs, or rendered ones without any.

    Clips with and without people are drawn in the shares that the mix needs, where there are
    sources of both; see ``fitting_mix`` where there are not. Clips that are higher than wide are
    trained upright.

    Args:
        sources: folders or URLs of data sets.
        mix: the tasks that the clips are for.
        size, length: of the clips, in pixels and frames; of upright ones, ``size`` turned.
        seed: of all random draws.
        run: how many clips in a row are upright, or none of them; what holds all of a step.
        imagery: folder of photographs for rendered clips; None: procedural pictures.
        worlds: relative frequency of each world of rendered clips.
        cache: folder for downloads.
        split: train, val or test.

    Raises:
        InputError: a source holds nothing in this split, or nothing that the mix has a task for.
    """
    if not sources:
        shots = SyntheticShots(
            split,
            size,
            max(LONGER * length, LEAST),
            seed,
            folder=imagery,
            worlds=worlds,
            person_share=mix.person_share,
        )
        return TrainingClips(SyntheticClips(shots, length), mix)
    manifests = [open_manifest(source, cache).of_split(split, length) for source in sources]
    people = [manifest.person_share for manifest in manifests]
    weights = source_weights(people, mix.person_share)
    halves: list[Dataset[FilmedClip]] = []
    shares: list[float] = []
    for upright in (False, True):
        parts = [manifest.of_orientation(upright=upright) for manifest in manifests]
        frame = Size(*size[::-1]) if upright else size
        clips = [FilmedClips(p, split, frame, length, seed, cache=cache) for p in parts if len(p)]
        parts_weights = [
            weight * len(part) / len(manifest)
            for part, weight, manifest in zip(parts, weights, manifests, strict=True)
            if len(part)
        ]
        if clips:
            halves.append(clips[0] if len(clips) == 1 else MixedSources(clips, parts_weights, seed))
            shares.append(sum(parts_weights))
    clips = halves[0] if len(halves) == 1 else MixedSources(halves, shares, seed, run=run)
    return TrainingClips(
        clips, fitting_mix(mix, people, _say if split == "train" else _say_nothing)
    )


def fitting_mix(mix: TaskMix, people: Sequence[float], say: Callable[[str], None]) -> TaskMix:
    """The mix for sources of which none, or all of them, show people.

    Where every clip shows a person, the tasks of empty places are trained on these, with the
    person's region out of the loss. Where nobody is anywhere, the tasks that need a person are
    never drawn.

    Args:
        people: for each source, the share of its clips that show a person, 0 … 1.
        say: called with one line where the mix is changed, or tasks are never drawn.

    Raises:
        InputError: nobody is in any clip, and every task needs a person.
    """
    empty = [name for name, weight in mix.without_person.items() if weight]
    needy = [name for name, weight in mix.with_person.items() if weight and name not in empty]
    if min(people) == 1 and empty:
        say(
            f"clips: every one shows a person, so {', '.join(empty)} train on them too, with the "
            "person's region out of the loss; add a source of empty places to train as the paper"
        )
        return replace(mix.on_people_alone(), without_person=mix.without_person)
    if max(people) == 0 and needy:
        if not empty:
            raise InputError(
                f"`clips`: nobody is in any of them, and {', '.join(needy)} need a person: give "
                "clips with a matte"
            )
        say(f"clips: nobody is in any of them, so {', '.join(needy)} are never trained")
    return mix


def _say(line: str) -> None:
    """Once, not by every process."""
    if is_first_process():
        log.warning(line)


def _say_nothing(line: str) -> None:
    pass


def source_weights(people: Sequence[float], person_share: float) -> list[float]:
    """The share of draws for each source, so that ``person_share`` of the clips show a person.

    Sources with and without people split the two shares among themselves. Where all are of one
    kind, they are drawn equally often.

    Args:
        people: for each source, the share of its clips that show a person, 0 … 1.
        person_share: the share that is needed, 0 … 1.
    """
    has_people = [share >= 0.5 for share in people]
    if all(has_people) or not any(has_people):
        return [1.0] * len(people)
    least_share = 0.02  # no source is left out altogether
    shares = {True: max(person_share, least_share), False: max(1 - person_share, least_share)}
    return [shares[kind] / has_people.count(kind) for kind in has_people]
