"""The clips of a recipe: filmed ones, or synthetic ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch.utils.data import Dataset

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.sources import MixedSources
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.synthetic.worlds import WORLDS
from dynascene.task_mix import TaskMix
from dynascene.types import Size

# Synthetic shots are so many times as long as pieces, so that others lie outside; and at least …
LONGER, LEAST = 2, 12  # … so many frames, so that others show something else


def open_clips(
    sources: Sequence[str],
    mix: TaskMix,
    size: Size,
    length: int,
    seed: int,
    *,
    imagery: Path | None = None,
    worlds: Mapping[str, float] = WORLDS,
    cache: Path | None = None,
    split: str = "train",
) -> Dataset[FilmedClip]:
    """Open clips: filmed ones from folders or URLs, or rendered ones without any.

    Clips with and without people are drawn in the shares that the mix needs, where there are both.

    Args:
        sources: folders or URLs of data sets.
        mix: the tasks that the clips are for.
        size, length: of the clips, in pixels and frames.
        seed: of all random draws.
        imagery: folder of photographs for rendered clips; None: procedural pictures.
        worlds: relative frequency of each world of rendered clips.
        cache: folder for downloads.
        split: train, val or test.

    Raises:
        InputError: a source holds nothing in this split.
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
        return SyntheticClips(shots, length)
    manifests = [open_manifest(source, cache) for source in sources]
    clips = [FilmedClips(m, split, size, length, seed, cache=cache) for m in manifests]
    if len(clips) == 1:
        return clips[0]
    people = [_share_of_people(source) for source in clips]
    return MixedSources(clips, source_weights(people, mix.person_share), seed)


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


def _share_of_people(clips: FilmedClips) -> float:
    with_person = clips.clips.table.column("has_person").to_pylist()
    return sum(map(bool, with_person)) / len(with_person)
