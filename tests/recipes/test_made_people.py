"""Systems that make the person too, at size micro: trained a little, exported, and run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from walking_pose import walking_pose

from dynascene.errors import InputError
from dynascene.generation import delivery
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import check_generator
from dynascene.generation.job import make_clip
from dynascene.generation.request import (
    CameraInput,
    GenerationRequest,
    MotionInput,
    PlaceInput,
)
from dynascene.generation.weights import load_weights
from dynascene.io.frames import open_frames
from dynascene.io.images import write_png
from dynascene.io.poses.openpose import write_openpose
from dynascene.models.systems.animateanywhere import ANIMATEANYWHERE
from dynascene.models.systems.disentangled import DISENTANGLED
from dynascene.recipes import find_recipe, short_clips
from dynascene.recipes.export import export_run
from dynascene.recipes.rendered import rendered_run
from dynascene.synthetic.shots import short_shots, walkers
from dynascene.synthetic.shots.moved_shots import MovedShot
from dynascene.synthetic.shots.person_clips import StrideClip
from dynascene.training import shot_cache
from dynascene.training.condition_frames import ConditionFrames
from dynascene.training.masked_points import MaskedPoints
from dynascene.training.run import Settings
from dynascene.training.trainer import train


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    monkeypatch.setattr(short_clips, "PLAIN_MOVES", 1)
    monkeypatch.setattr(short_clips, "Stock", lambda: shot_cache.Stock(first=2, uses=4))
    monkeypatch.setattr(shot_cache, "CLIPS_PER_FILE", 2)
    figure = torch.zeros(24, 4, 176, 120)
    figure[:, :, 30:158, 40:80] = 0.8
    joints, step = 60 + 20 * torch.rand(24, 22, 2), torch.tensor([0.06, 0.0], dtype=torch.float64)
    person = StrideClip(figure, 1.7, joints, torch.ones(24, 22), step)
    for module, name in (
        (short_shots, "person_clip"),
        (walkers, "person_clip"),
        (walkers, "standing_clip"),
    ):
        monkeypatch.setattr(module, name, lambda seed: person)


def trained(name: str, out: Path) -> dict[str, float]:
    settings = Settings(out=out, steps=1, batch=2, worlds={"stage": 1.0})
    train(find_recipe(name)(settings), out)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return next(line for line in log if "loss" in line)


def write_pictures(folder: Path) -> None:
    """A grey place, and a light person before nothing."""
    write_png(folder / "place.png", np.full((36, 64, 3), 90, np.uint8))
    person = np.zeros((36, 64, 4), np.uint8)
    person[4:32, 24:40] = 200, 200, 200, 255
    write_png(folder / "person.png", person)


def test_poses_and_pictures_become_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets, draw = [], delivery.contact_sheet

    def drawn(rows, *others) -> np.ndarray:
        sheets.append([row.name for row in rows])
        return draw(rows, *others)

    monkeypatch.setattr(delivery, "contact_sheet", drawn)
    assert trained("animateanywhere.micro", tmp_path / "run")["term/epipolar"] > 0
    export_run(tmp_path / "run", tmp_path / "weights")
    loaded = load_weights(tmp_path / "weights")
    assert loaded.pipeline.system is ANIMATEANYWHERE
    assert {"skeleton", "character"} <= loaded.pipeline.inputs
    write_openpose(walking_pose(4), tmp_path / "poses.json")
    write_pictures(tmp_path)

    def clip(motion: MotionInput, out: str) -> list[np.ndarray]:
        request = GenerationRequest(
            place=PlaceInput(scene=tmp_path / "place.png", place="ground"),
            motion=motion,
            options=GenerationOptions(weights=loaded, steps=1),
        )
        return list(open_frames(make_clip(request, tmp_path / out)).read())

    both = MotionInput(pose=tmp_path / "poses.json", person_image=tmp_path / "person.png")
    frames = clip(both, "out")
    assert len(frames) == 4
    assert frames[0].shape == (36, 64, 3)
    assert sheets[0][0] == "poses"
    with pytest.raises(InputError, match="read `person_image`, and none is given"):
        clip(MotionInput(pose=tmp_path / "poses.json"), "missing")
    assert not (tmp_path / "missing").exists()


def test_flow_is_judged_where_it_is_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the clips of the examination are those of walkers too, as in training."""
    chosen, make = set(), short_clips.moves_validation

    def moves(*arguments, walkers: bool, **options) -> list[MovedShot]:
        chosen.add(walkers)
        return make(*arguments, walkers=walkers, **options)

    monkeypatch.setattr(short_clips, "moves_validation", moves)
    assert trained("animateanywhere.micro_flow", tmp_path / "run")["term/background_flow"] > 0
    assert chosen == {True}


def test_points_do_not_replace_faulty_conditions(tmp_path: Path) -> None:
    """A training may have both, where its clips have points."""
    micro, _ = DISENTANGLED.rendered
    training = replace(micro, composites=0.5, without_points=1.0)
    run = short_clips.short_run(DISENTANGLED, training, Settings(out=tmp_path, batch=2))
    samples = run.samples()
    assert isinstance(samples, ConditionFrames)
    assert samples.composites == 0.5
    assert isinstance(samples.samples, MaskedPoints)
    assert samples.samples.without == 1


def test_what_whole_shots_cannot_choose_is_refused(tmp_path: Path) -> None:
    training = replace(DISENTANGLED.rendered[0], without_points=0.1, person_share=0.5)
    with pytest.raises(ValueError, match="clips without points"):
        rendered_run(DISENTANGLED, training, Settings(out=tmp_path))


def test_points_and_poses_become_a_chain_of_clips_that_the_camera_changes(tmp_path: Path) -> None:
    trained("disentangled.micro", tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "weights")
    loaded = load_weights(tmp_path / "weights")
    assert loaded.pipeline.system is DISENTANGLED
    assert {"skeleton", "character", "points"} <= loaded.pipeline.inputs
    with pytest.raises(InputError, match="make the person too; leave PERSON out"):
        check_generator(GenerationOptions(weights=str(tmp_path / "weights")))
    assert loaded.pipeline.clip_count(4) == 2  # three frames at a time
    write_openpose(walking_pose(4), tmp_path / "poses.json")
    write_pictures(tmp_path)
    motion = MotionInput(pose=tmp_path / "poses.json", person_image=tmp_path / "person.png")
    frames = {}
    for move in ("pan-right:20", "pan-left:20"):
        request = GenerationRequest(
            place=PlaceInput(scene=tmp_path / "place.png", place="ground"),
            camera=CameraInput(move=move),
            motion=motion,
            options=GenerationOptions(weights=loaded, steps=1),
        )
        frames[move] = np.stack(list(open_frames(make_clip(request, tmp_path / move)).read()))
    right, left = frames.values()
    assert right.shape == (4, 36, 64, 3)
    assert not np.array_equal(right, left)
