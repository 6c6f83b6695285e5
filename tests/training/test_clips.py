from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.latents import encode_clip, encode_images
from dynascene.models.small import small_autoencoder
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training.autoencoding import start_weights
from dynascene.training.clips import (
    ClipBudget,
    ClipSamples,
    EncodedShots,
    Pool,
    encode_shot,
    random_frames,
)
from dynascene.training_batch import collate

SIZE, FRAMES = (48, 32), 5
BY_FRAME = ("background", "video", "foreground", "generate_mask", "guide", "guide_visibility",
            "cam_from_world", "intrinsics")  # fmt: skip


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    return start_weights(small_autoencoder(16)).eval()


@pytest.fixture
def shots() -> SyntheticShots:
    return SyntheticShots("train", SIZE, FRAMES, worlds={"turn": 1.0}, person_share=0.0)


@pytest.fixture
def clips(shots, vae, tmp_path) -> EncodedShots:
    return EncodedShots(shots, vae, tmp_path)


def samples(clips: EncodedShots, **changes) -> ClipSamples:
    options = {"batch": 3, "lengths": (2, 2, 5), "pool": Pool(clips=4, first=2, uses=3), "seed": 0}
    return ClipSamples(lambda: clips, **{**options, **changes})


def test_a_stored_clip_is_the_encoded_shot(shots, vae, clips) -> None:
    shot = collate([shots[1]])
    expected = encode_clip(shot.pixels, vae, SmallImageEncoder(16))
    clip = clips.clip(1)
    tolerance = {"rtol": 0.03, "atol": 0.03}  # half precision
    for name in ("foreground", "guide", "generate_mask", "guide_visibility", "scene", "scene_mask"):
        assert torch.allclose(clip[name].float(), getattr(expected, name)[0], **tolerance), name
    background = encode_images(vae, shot.target("background"))[0]
    assert torch.allclose(clip["background"].float(), background, **tolerance)
    assert torch.equal(clip["cam_from_world"], shot.pixels.cam_from_world[0].float())
    assert clip["picture"].shape == (3, 72, 128)


def test_the_person_is_encoded_where_there_is_one(shots, vae) -> None:
    shot = collate([shots[0]])
    matte = torch.zeros_like(shot.pixels.matte)
    matte[:, 2:, :, 8:24, 8:24] = 1
    person = torch.full_like(shot.target("background"), 0.7) * matte
    video = shot.target("background") * (1 - matte) + person
    shot = replace(
        shot,
        clip=shot.pixels.replace(matte=matte, foreground=person),
        targets={**shot.targets, "video": video},
    )
    clip = encode_shot(shot, vae)
    for name, pixels in (("video", video), ("foreground", person)):
        expected = encode_images(vae, pixels)[0]
        assert torch.allclose(clip[name].float(), expected, rtol=0.03, atol=0.03), name
    assert torch.equal(clip["video"][:2], clip["background"][:2])
    assert not torch.equal(clip["video"][2:], clip["background"][2:])


def test_a_clip_is_made_once(clips, monkeypatch) -> None:
    first = clips.clip(3)
    monkeypatch.setattr(SyntheticShots, "__getitem__", None)  # none can be made any more
    again = clips.clip(3)
    assert again.keys() == first.keys()
    assert all(torch.equal(again[name], first[name]) for name in first)


def test_clips_of_other_shots_or_autoencoders_do_not_mix(shots, vae, tmp_path) -> None:
    same = EncodedShots(shots, vae, tmp_path).folder
    torch.manual_seed(1)
    other = start_weights(small_autoencoder(16))
    longer = SyntheticShots("train", SIZE, FRAMES + 1, worlds={"turn": 1.0}, person_share=0.0)
    seeded = SyntheticShots("train", SIZE, FRAMES, 1, worlds={"turn": 1.0}, person_share=0.0)
    assert EncodedShots(shots, vae, tmp_path).folder == same
    folders = {
        EncodedShots(s, v, tmp_path).folder
        for s, v in ((shots, vae), (shots, other), (longer, vae), (seeded, vae))
    }
    assert len(folders) == 4


def test_samples_are_a_function_of_seed_and_index(clips) -> None:
    ours, again, other = samples(clips), samples(clips), samples(clips, seed=1)
    for index in (7, 0, 7):
        a, b = ours[index], again[index]
        assert all(torch.equal(a[name], b[name]) for name in a)
    assert any(not torch.equal(ours[k]["guide"], other[k]["guide"]) for k in range(3))


def test_a_sample_is_a_piece_of_a_clip_with_its_own_cameras(clips) -> None:
    sample = samples(clips)[4]
    assert all(len(sample[name]) == 2 for name in BY_FRAME)
    whole = [clips.clip(number) for number in Pool(clips=4, first=2, uses=3).window(4)]
    found = [
        (clip, frame)
        for clip in whole
        for frame in range(FRAMES)
        if torch.equal(clip["guide"][frame], sample["guide"][1])
        and torch.equal(clip["cam_from_world"][frame], sample["cam_from_world"][1])
    ]
    assert found
    assert torch.equal(found[0][0]["scene"], sample["scene"])


def test_lengths_take_turns_by_batch_and_long_ones_make_small_batches(clips) -> None:
    source, stack = samples(clips), ClipBudget(6)
    shapes = []
    for step in range(4):
        batch = stack([source[index] for index in range(3 * step, 3 * step + 3)])
        shapes.append(tuple(batch.clip["guide"].shape[:2]))
    assert shapes == [(3, 2), (3, 2), (1, 5), (3, 2)]
    assert len(ClipBudget(1)([source[6]])) == 1


def test_some_cameras_are_not_told(clips) -> None:
    told = [bool(samples(clips, no_camera=0.4)[index]["has_camera"]) for index in range(40)]
    assert 10 < sum(told) < 35
    assert all(samples(clips, no_camera=0.0)[index]["has_camera"] for index in range(5))


def test_the_pool_moves_on() -> None:
    pool = Pool(clips=4, first=2, uses=3)
    assert pool.window(0) == range(2)
    assert pool.window(8) == range(4)
    assert pool.window(30) == range(8, 12)


def test_random_frames_keep_a_constant_stride() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(200):
        frames = random_frames(rng, 24, 8)
        steps = set(frames.diff().tolist())
        assert len(steps) == 1
        assert frames.min() >= 0
        assert frames.max() < 24
        seen |= steps
    assert seen == {-3, -2, -1, 1, 2, 3}
    assert sorted(random_frames(rng, 5, 24).tolist()) == [0, 1, 2, 3, 4]  # a short clip, whole
