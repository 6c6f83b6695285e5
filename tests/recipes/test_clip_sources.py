"""How often which source of clips is drawn, in which orientation, and for which tasks."""

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dynascene.datasets.filmed.survey import write_manifest
from dynascene.datasets.tasks.collation import pack_samples
from dynascene.datasets.tasks.samples import TRIES, TaskSamples
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import H264Writer
from dynascene.models.systems.dynascene import IMAGE_TASKS, VIDEO_TASKS
from dynascene.recipes.clip_sources import fitting_mix, open_clips, source_weights
from dynascene.synthetic.shots.clips import SyntheticClips
from dynascene.task_mix import TaskMix
from dynascene.training.layout import Layout
from dynascene.types import Size

LYING, UPRIGHT = Size(48, 32), Size(32, 48)
COUNT, LENGTH = 8, 3


def write_clip(folder: Path, size: Size, *, person: bool) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(size.width)
    names = ["video.mp4", *(["matte.mp4"] if person else [])]
    for name in names:
        with H264Writer(folder / name, size, Fraction(24)) as writer:
            for _ in range(COUNT):
                frame = random.integers(0, 255, (size.height, size.width, 3), np.uint8)
                writer.write(frame if name == "video.mp4" else np.full_like(frame, 255))
    track = make_move("pan-right:8", COUNT, intrinsics_from_fov(50, size), size)
    write_cameras(track, folder / "cameras.txt")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people's clips of each orientation."""
    root = tmp_path_factory.mktemp("people")
    for name, size in (("a", LYING), ("b", LYING), ("c", UPRIGHT), ("d", UPRIGHT)):
        write_clip(root / name, size, person=True)
    write_manifest(root, shares={"train": 1})
    return root


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty places, none of them filmed upright."""
    root = tmp_path_factory.mktemp("places")
    write_clip(root / "e", LYING, person=False)
    write_manifest(root, shares={"train": 1})
    return root


@pytest.mark.parametrize(
    ("people", "wanted", "expected"),
    [
        ([1.0, 0.0], 0.75, [0.75, 0.25]),
        ([0.0, 1.0, 0.9], 0.5, [0.5, 0.25, 0.25]),
        ([1.0, 1.0, 1.0], 0.2, [1.0, 1.0, 1.0]),
        ([0.1, 0.0], 0.9, [1.0, 1.0]),
        ([1.0, 0.0], 1.0, [1.0, 0.02]),  # nothing that was asked for is left out
    ],
)
def test_kinds_are_drawn_as_the_mix_needs_them(people, wanted, expected) -> None:
    assert source_weights(people, wanted) == pytest.approx(expected)


@pytest.mark.parametrize("mix", [IMAGE_TASKS, VIDEO_TASKS])
def test_without_sources_clips_are_rendered(mix, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    clips, same = open_clips((), mix, Size(48, 32), 3, seed=1, worlds={"turn": 1.0})
    assert same is mix
    assert isinstance(clips, SyntheticClips)
    assert clips.shots.person_share == mix.person_share
    assert clips.shots.worlds == {"turn": 1.0}
    clip = clips[0]
    assert clip.video.shape == (3, 3, 32, 48)
    assert clip.others.shape == (1, 3, 32, 48)


BATCH = 4


def samples_of(*sources: Path, mix: TaskMix = IMAGE_TASKS) -> TaskSamples:
    names = [str(source) for source in sources]
    clips, mix = open_clips(names, mix, LYING, LENGTH, seed=1, run=TRIES * BATCH)
    return TaskSamples(lambda: clips, mix, seed=1)


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_a_step_has_one_orientation_in_all_processes(people: Path, processes: int) -> None:
    """And each process draws it by itself."""
    sizes = set()
    for step in range(6):
        of_step = set()
        for rank in range(processes):
            samples = samples_of(people)
            for part in Layout(batch=BATCH, processes=processes, rank=rank).parts(step):
                batch = pack_samples([samples[number] for number in part])
                of_step.add(Size(batch.video.shape[-1], batch.video.shape[-2]))
        assert len(of_step) == 1
        sizes |= of_step
    assert sizes == {LYING, UPRIGHT}


def test_orientations_come_in_their_shares(people: Path, places: Path) -> None:
    """Half of the people's clips are upright, and people are a third of stage I."""
    clips, _ = open_clips([str(people), str(places)], IMAGE_TASKS, LYING, LENGTH, seed=3, run=2)
    drawn = [clips[2 * step] for step in range(120)]
    upright = [clip for clip in drawn if clip.video.shape[-1] == UPRIGHT.width]
    assert 0.07 < len(upright) / len(drawn) < 0.27  # 1/6
    assert {clip.name for clip in upright} == {"c", "d"}
    assert 0.2 < sum(clip.has_person for clip in drawn) / len(drawn) < 0.47  # 1/3


def test_cameras_of_upright_clips_are_upright(people: Path) -> None:
    clips, _ = open_clips([str(people)], IMAGE_TASKS, Size(24, 16), LENGTH, seed=1)
    for number in range(12):
        clip = clips[number]
        height, width = clip.video.shape[-2:]
        assert clip.cameras.size == Size(width, height)
        own = intrinsics_from_fov(50, UPRIGHT if height > width else LYING)
        assert float(clip.cameras.intrinsics[0, 0, 0]) == pytest.approx(float(own[0, 0]) / 2)


def test_people_alone_train_every_task(people: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        samples = samples_of(people)
    assert "outpainting, image_variation train on them too" in caplog.text
    drawn = [samples[number] for number in range(30)]
    assert {sample.task for sample in drawn} == {
        "outpainting", "image_variation", "image_background"
    }  # fmt: skip
    for sample in drawn:  # the person is everywhere in these mattes
        assert bool(sample.loss_mask.any()) == (sample.task == "image_background")


def test_tasks_that_nobody_can_train_are_named(places: Path, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        assert samples_of(places).mix == IMAGE_TASKS
    assert "nobody is in any of them, so image_background are never trained" in caplog.text
    people_alone = TaskMix(with_person={"video_background": 1, "illumination": 1})
    with pytest.raises(InputError, match=r"video_background, illumination need a person"):
        samples_of(places, mix=people_alone)


def test_the_mix_stays_where_it_fits() -> None:
    people_alone = TaskMix(with_person={"video_background": 1})
    assert fitting_mix(people_alone, [1.0, 1.0], pytest.fail) is people_alone
    assert fitting_mix(IMAGE_TASKS, [1.0, 0.0], pytest.fail) is IMAGE_TASKS
    assert fitting_mix(IMAGE_TASKS, [0.5], pytest.fail) is IMAGE_TASKS
    both = fitting_mix(VIDEO_TASKS, [1.0], print)
    assert both.with_person == {"video_variation": 1, "video_background": 1, "illumination": 1}
    assert both.without_person == VIDEO_TASKS.without_person
    assert both.null_camera == VIDEO_TASKS.null_camera
