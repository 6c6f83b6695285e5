"""Fields of the table that a user added, from a shot to a model's batch."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from extensions import outlines
from tiny_pipeline import save_pipeline
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS, ClipField
from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.guide import prepare
from dynascene.generation.model_input import model_batch
from dynascene.geometry.framing import Framing
from dynascene.geometry.intrinsics import contain_intrinsics, intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.models.conditioners import CONDITIONERS
from dynascene.types import ArrayFrames, Batch, CameraTrack, Shot, Size

FRAMES, PERSON, WIDER = 3, Size(40, 40), Size(80, 40)
TRACK = make_move("static", FRAMES, intrinsics_from_fov(40, PERSON), PERSON)
POSE = ClipField(name="pose", axes="B F 2 H W", meaning="0 … 1", resize="area")
WORDS = ClipField(name="words", axes="B N", meaning="of the whole clip", optional=True)


@pytest.fixture
def scene() -> LiftedScene:
    picture = torch.rand(3, 60, 90, generator=torch.Generator().manual_seed(0))
    return lift_to_stage(picture, PictureCamera(80.0, Size(90, 60), 30.0))


def register(monkeypatch: pytest.MonkeyPatch, *fields: ClipField) -> None:
    for field in fields:
        monkeypatch.setitem(CLIP_FIELDS, field.name, field)


def shot(**inputs: Tensor) -> Shot:
    colour = ArrayFrames([np.zeros((40, 40, 3), np.uint8)] * FRAMES)
    matte = ArrayFrames([np.full((40, 40, 1), 255, np.uint8)] * FRAMES)
    return Shot(colour, matte, TRACK, Fraction(24), inputs)


def batch_of(shot: Shot, scene: LiftedScene) -> Batch:
    """On frames of 64x32, of a background that is twice as wide as the person's frame."""
    intrinsics = contain_intrinsics(TRACK.intrinsics, PERSON, WIDER)
    size = Size(64, 32)
    scale = torch.tensor([0.8, 0.8, 1.0]).double()[:, None]
    track = CameraTrack(TRACK.cam_from_world, scale * intrinsics, size)
    options = GenerationOptions(generator="projection")
    guide = generate(Shot(None, None, track, Fraction(24)), scene, options)
    return model_batch(shot, scene, guide, WIDER)


def test_a_shots_fields_reach_the_model_where_the_person_is(monkeypatch, scene) -> None:
    register(monkeypatch, POSE, WORDS)
    pose = torch.arange(FRAMES * 2.0).reshape(FRAMES, 2, 1, 1) + torch.ones(FRAMES, 2, 40, 40)
    batch = batch_of(shot(pose=pose, words=torch.arange(5.0)), scene)
    assert batch["words"].tolist() == [[0, 1, 2, 3, 4]]
    middle = batch["pose"][0, ..., 16:48]
    torch.testing.assert_close(middle, pose[..., :32, :32])
    assert batch["pose"][..., :16].eq(0).all()
    assert batch["pose"][..., 48:].eq(0).all()


def test_a_field_that_is_missing_is_asked_for(monkeypatch, scene) -> None:
    register(monkeypatch, POSE, WORDS)
    with pytest.raises(InputError, match=r"field pose: .* inputs of the Shot, \[F 2 H W\]"):
        batch_of(shot(), scene)


def test_without_a_person_a_persons_field_is_zeros(monkeypatch, scene) -> None:
    field = ClipField(**{**vars(POSE), "empty_without_person": True})
    register(monkeypatch, field)
    alone = Shot(None, None, TRACK, Fraction(24))
    assert batch_of(alone, scene)["pose"].shape == (1, FRAMES, 2, 32, 64)
    assert batch_of(alone, scene)["pose"].eq(0).all()
    with pytest.raises(InputError, match="field pose"):
        batch_of(shot(), scene)


def test_a_shot_refuses_what_is_no_further_field(monkeypatch) -> None:
    with pytest.raises(InputError, match="guide is no further clip field; known are skeleton"):
        shot(guide=torch.zeros(FRAMES, 3, 40, 40))
    register(monkeypatch, POSE)
    with pytest.raises(InputError, match="pose has 2 frames, not 3"):
        shot(pose=torch.zeros(2, 2, 40, 40))


def test_a_batchs_own_fields_stay_with_the_scene_memory(monkeypatch, scene) -> None:
    register(monkeypatch, WORDS)
    batch = batch_of(shot(words=torch.arange(5.0)), scene)
    guide = prepare(batch, scene, GenerationOptions())
    part = next(guide.batches(Size(32, 16), FRAMES, has_camera=True))
    assert part["words"].equal(batch["words"])


def test_a_network_reads_it(monkeypatch, scene, tmp_path) -> None:
    """The key views of the scene memory, which nobody is in, have it as zeros."""
    register(monkeypatch, replace(outlines.FIELD, derive=None))
    monkeypatch.setitem(CONDITIONERS, "outline", outlines.Outline)
    names = ("foreground", "image_embedding", "outline")
    weights = str(save_pipeline(tmp_path / "weights", guide=True, awake=True, names=names))
    options = GenerationOptions(weights=weights, steps=1, framing=Framing(40.0, 0.0))
    drawn = torch.zeros(FRAMES, 1, 40, 40)
    drawn[..., 10:30, 10:30] = 1

    def first_frame(outline: Tensor) -> np.ndarray:
        alone = replace(options, scene_memory=False)
        frame = next(iter(generate(shot(outline=outline), scene, alone).frames()))
        assert frame.network is not None
        return frame.network

    assert not np.array_equal(first_frame(drawn), first_frame(torch.zeros_like(drawn)))
    remembered = generate(shot(outline=drawn), scene, options)
    next(iter(remembered.frames()))
    assert remembered.sampling["key_views"] > 0
