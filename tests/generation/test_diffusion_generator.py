"""The diffusion generator with tiny networks: an untrained guided model changes nothing."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_pipeline import TINY, save_pipeline

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip, GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.generators.diffusion import NO_CAMERA
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.io.checksums import sha256_of
from dynascene.jobs.log import Log
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.models.systems.dynascene import DYNASCENE
from dynascene.types import ArrayFrames, Shot, Size

pytestmark = pytest.mark.usefixtures("loaded_once")

FRAMES, SIZE = 4, Size(131, 83)  # more frames than a window, an odd size


@pytest.fixture(scope="module")
def untrained(tmp_path_factory) -> Path:
    return save_pipeline(tmp_path_factory.mktemp("untrained"), guide=True, awake=False)


@pytest.fixture(scope="module")
def scene() -> LiftedScene:
    random = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 9, 14, generator=random)
    picture = torch.nn.functional.interpolate(coarse, (90, 140), mode="bicubic")[0].clamp(0, 1)
    fine = 0.1 * torch.rand(3, 90, 140, generator=random)
    return lift_to_stage(0.9 * picture + fine, PictureCamera(120.0, Size(140, 90), 40.0))


def moving_shot(move: str = "pan-right:12", size: Size = SIZE, person: bool = True) -> Shot:
    track = make_move(move, FRAMES, intrinsics_from_fov(50.0, size), size)
    if not person:
        return Shot(None, None, track, Fraction(24))
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (33, 52, 3), np.uint8) for _ in range(FRAMES)]
    matte = np.zeros((33, 52, 1), np.uint8)
    matte[8:30, 20:30] = 255
    return Shot(ArrayFrames(frames), ArrayFrames([matte] * FRAMES), track, Fraction(24))


def options(weights: Path, **changes: Any) -> GenerationOptions:
    given: dict[str, Any] = {"weights": str(weights), "steps": 2, "guidance": 1.0, "size": SIZE}
    given["scene_memory"] = False  # it is tested by itself
    return GenerationOptions(generator="diffusion", **(given | changes))


def backgrounds(clip: GeneratedClip) -> np.ndarray:
    return np.stack([frame.background for frame in clip.frames()])


def test_an_untrained_guided_model_gives_the_projection(untrained: Path, scene) -> None:
    """z_0 = guide + 0, and the detail that the autoencoder loses is put back: nothing changes,
    whatever the autoencoder makes of it."""
    shot = moving_shot()
    made = generate(shot, scene, options(untrained))
    plain = generate(shot, scene, GenerationOptions(generator="projection", size=SIZE))
    difference = backgrounds(made).astype(int) - backgrounds(plain)
    assert np.abs(difference).max() <= 1
    assert (made.framing, made.seen_share) == (plain.framing, plain.seen_share)
    for one, two in zip(made.frames(), plain.frames(), strict=True):
        assert np.array_equal(one.guide, two.guide)
        assert np.array_equal(one.visibility, two.visibility)
        # unrounded too: far less than the steps of 8 bits
        assert np.abs(one.exact_background - two.exact_background).max() < 0.2 / 255


def test_what_is_unrounded_is_the_background(awake: Path, scene) -> None:
    for frame in generate(moving_shot(), scene, options(awake)).frames():
        assert np.abs(frame.exact_background * 255 - frame.background).max() < 1.1


def test_the_seed_decides(awake: Path, scene) -> None:
    shot = moving_shot()
    one = generate(shot, scene, options(awake))
    first = backgrounds(one)
    assert first.shape == (FRAMES, SIZE.height, SIZE.width, 3)
    assert np.array_equal(first, backgrounds(one))
    assert np.array_equal(first, backgrounds(generate(shot, scene, options(awake))))
    assert not np.array_equal(first, backgrounds(generate(shot, scene, options(awake, seed=1))))


@pytest.mark.parametrize("change", [{"steps": 3}, {"guidance": 2.0}])
def test_steps_and_guidance_are_honoured(awake: Path, scene, change) -> None:
    shot = moving_shot(person=False)
    given = backgrounds(generate(shot, scene, options(awake)))
    assert not np.array_equal(given, backgrounds(generate(shot, scene, options(awake, **change))))


def test_the_person_and_the_camera_reach_the_model(awake: Path, scene) -> None:
    with_person = backgrounds(generate(moving_shot(), scene, options(awake)))
    alone = backgrounds(generate(moving_shot(person=False), scene, options(awake)))
    assert not np.array_equal(with_person, alone)
    null = backgrounds(generate(moving_shot(), scene, options(awake, null_camera=True)))
    assert not np.array_equal(with_person, null)


@pytest.mark.parametrize("size", [Size(48, 90), Size(260, 64)])
def test_any_shape(awake: Path, scene, size: Size) -> None:
    shot = moving_shot(size=size, person=False)
    made = backgrounds(generate(shot, scene, options(awake, size=None, steps=1)))
    assert made.shape == (FRAMES, size.height, size.width, 3)


def test_a_model_without_guide_is_enlarged_as_it_is(tmp_path: Path, scene) -> None:
    weights = save_pipeline(tmp_path, guide=False, awake=True)
    made = backgrounds(generate(moving_shot(), scene, options(weights)))
    assert made.shape == (FRAMES, SIZE.height, SIZE.width, 3)
    # no detail of the guide in it: nothing finer than the model's own 64 pixels across
    smooth = np.abs(np.diff(made.astype(int), n=2, axis=2)).mean()
    plain = GenerationOptions(generator="projection", size=SIZE)
    guide = backgrounds(generate(moving_shot(), scene, plain))
    assert smooth < np.abs(np.diff(guide.astype(int), n=2, axis=2)).mean()


def test_a_model_of_clean_frames_and_shared_rays_generates(tmp_path: Path, scene) -> None:
    """From saved weights, in windows, with a one-step estimate; another framing is another clip."""
    torch.manual_seed(0)
    pipeline = DynaScenePipeline.from_pretrained(save_pipeline(tmp_path, guide=False, awake=True))
    denoiser = DYNASCENE.denoiser(TINY, "shared_rays")
    scheduler = ddim_scheduler(denoiser.quantity, denoiser.schedule)
    pipeline.register_modules(denoiser=denoiser, scheduler=scheduler)
    pipeline.save_pretrained(tmp_path / "shared")
    shot = moving_shot(person=False)
    made = generate(shot, scene, options(tmp_path / "shared", steps=2, estimate_samples=1))
    frames = list(made.frames())
    assert len(frames) == FRAMES
    assert made.estimate == "one-step estimate"
    assert all(frame.estimate is not None for frame in frames)
    other = generate(moving_shot("pan-left:12", person=False), scene, options(tmp_path / "shared"))
    assert not np.array_equal(frames[-1].background, backgrounds(other)[-1])


@pytest.mark.parametrize(
    ("names", "guide", "notices"),
    [
        (("foreground", "plucker_camera"), False, []),
        (("foreground",), True, []),
        (("foreground", "image_embedding"), False, [NO_CAMERA]),
    ],
)
def test_a_camera_that_is_not_read_is_told(names, guide, notices, tmp_path: Path, scene) -> None:
    weights, log = save_pipeline(tmp_path, guide=guide, awake=False, names=names), Log()
    clip = generate(moving_shot(), scene, options(weights))
    assert clip.sample is not None
    clip.sample(log)
    assert log.notices == notices


def test_the_report_names_the_weights(untrained: Path, scene) -> None:
    made = generate(moving_shot(), scene, options(untrained))
    name = "denoiser/diffusion_pytorch_model.safetensors"
    assert made.weights[name] == sha256_of(untrained / name)
    assert {Path(key).parts[0] for key in made.weights} == {"denoiser", "vae", "image_encoder"}


def test_sampling_is_a_stage_of_its_own_and_done_once(untrained: Path, scene) -> None:
    clip, log = generate(moving_shot(), scene, options(untrained)), Log()
    assert clip.sample is not None
    clip.sample(log)
    clip.sample(log)
    assert [stage["stage"] for stage in log.stages] == ["sampling"]
    assert len(backgrounds(clip)) == FRAMES


def test_a_track_that_leaves_the_place_is_refused_before_weights_are_read(scene) -> None:
    with pytest.raises(InputError, match="camera track: frame"):
        generate(moving_shot("pedestal-down:2"), scene, options(Path("nowhere/at-all")))
