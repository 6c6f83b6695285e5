"""Training shots: the same by index, true to their place, disjoint between the splits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from dynascene.datasets.imagery import (
    FOLDER_VARIABLE,
    SPLITS,
    load_picture,
    read_manifest,
)
from dynascene.errors import InputError
from dynascene.generation.compositing import composite as composite_bytes
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.synthetic.shots.person_clips import (
    FOOT_ROW,
    PIXELS_PER_METRE,
    Placement,
    StrideClip,
    composite,
    lay_person,
    person_clip,
)
from dynascene.training_batch import collate
from dynascene.types import Batch, Size

SIZE = Size(32, 24)
NO_JOINTS = torch.zeros(24, 22, 2), torch.zeros(24, 22)
IMAGERY = Path(__file__).parents[4] / "shared" / "training"
needs_imagery = pytest.mark.skipif(not IMAGERY.is_dir(), reason="no ../shared/training here")


@pytest.fixture(autouse=True)
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure that takes no time to render; the real one has its own test."""
    figure = torch.zeros(24, 4, 176, 120)
    figure[:, 3, 20:158, 40:80] = 1
    figure[:, 3, 10:20, 50:70] = 0.5
    figure[:, :3] = figure[:, 3:] * torch.tensor([0.8, 0.3, 0.1])[:, None, None]
    monkeypatch.setattr(
        "dynascene.synthetic.shots.dataset.person_clip",
        lambda seed: StrideClip(figure, 1.7, *NO_JOINTS),
    )


def shots(**options) -> SyntheticShots:
    return SyntheticShots(**{"size": SIZE, "frames": 3, **options})


def test_a_shot_depends_on_seed_split_and_index_alone() -> None:
    first, second = shots(), shots()
    second[0]
    a, b = first[4], second[4]
    for name in ("video", "guide", "matte", "cam_from_world", "scene_image"):
        assert torch.equal(getattr(a, name), getattr(b, name))
    assert a.place == b.place
    others = (first[5], shots(seed=1)[4], shots(split="val")[4])
    assert all(not torch.equal(a.scene_image, other.scene_image) for other in others)


@pytest.mark.parametrize("world", ["turn", "stage", "layered"])
def test_a_batch_has_the_right_shapes_and_ranges(world) -> None:
    data = shots(worlds={world: 1.0}, length=3, person_share=1.0)
    made = next(iter(DataLoader(data, batch_size=3, collate_fn=collate)))
    batch, video, background = made.pixels, made.target("video"), made.target("background")
    assert isinstance(batch, Batch)  # which checks its shapes
    assert batch.guide is not None
    assert batch.matte.shape == (3, 3, 1, 24, 32)
    assert video.shape == background.shape == batch.guide.shape
    assert all(data[index].depth.shape == batch.matte.shape[1:] for index in range(3))
    assert all(bool((data[index].depth > 0).all()) for index in range(3))
    for tensor in (video, batch.guide, batch.scene_image, background):
        assert tensor.dtype == torch.float32
        assert float(tensor.abs().max()) <= 1
    assert set(batch.guide_visibility.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("size", [Size(40, 72), Size(33, 33)])
def test_other_shapes(size: Size) -> None:
    shot = shots(size=size, frames=1, seed=3)[0]
    assert shot.video.shape == (1, 3, size.height, size.width)


def test_matte_and_foreground_agree() -> None:
    data = shots(person_share=1.0, frames=6)
    visible = 0
    for index in range(6):
        shot = data[index]
        off, solid = (shot.matte == 0), (shot.matte == 1)
        visible += int(solid.sum())
        wide = off.expand_as(shot.video)
        assert not shot.foreground[wide].any()
        assert torch.equal(shot.video[wide], shot.background[wide])
        wide = solid.expand_as(shot.video)
        torch.testing.assert_close(shot.foreground[wide], shot.video[wide])
    assert visible > 500


def test_nobody_means_nobody() -> None:
    shot = shots(person_share=0.0)[0]
    assert not shot.matte.any()
    assert not shot.foreground.any()
    assert torch.equal(shot.video, shot.background)


def seen_psnr(shot) -> float:
    visible = shot.guide_visibility.expand_as(shot.guide) > 0.5
    error = (shot.guide - shot.background)[visible] / 2
    return float(-10 * torch.log10(error.square().mean()))


def check_turning_guides(folder: Path | None) -> None:
    data = SyntheticShots(size=(96, 54), frames=3, folder=folder, worlds={"turn": 1.0})
    values = [seen_psnr(data[index]) for index in range(5)]
    assert min(values) > 30, values


def test_where_seen_the_guide_is_the_truth_of_a_turning_camera() -> None:
    check_turning_guides(None)


@needs_imagery
def test_where_seen_the_guide_is_the_truth_on_photographs() -> None:
    check_turning_guides(IMAGERY)


def test_revealed_regions_occur_often_and_not_always() -> None:
    data = shots(person_share=0.0, worlds={"turn": 1.0})
    shares = [float(data[i].guide_visibility.mean()) for i in range(24)]
    share_revealed = np.mean([share < 0.9 for share in shares])
    assert 0.3 < share_revealed < 0.95


def test_without_imagery_the_pictures_are_procedural() -> None:
    assert all("procedural" in shots()[index].place for index in range(3))


def test_splits_share_no_procedural_place_and_nobody() -> None:
    for category in ("panorama", "photo", "texture"):
        names = [set(Library(split, 48).names(category)) for split in SPLITS]
        assert len(set.union(*names)) == sum(map(len, names))
    people = [set(shots(split=split).people()) for split in SPLITS]
    assert len(set.union(*people)) == sum(map(len, people))


@needs_imagery
def test_splits_share_no_photographed_place() -> None:
    for category in ("panorama", "photo", "texture"):
        names = [set(Library(split, 48, IMAGERY).names(category)) for split in SPLITS]
        assert len(set.union(*names)) == sum(map(len, names))
    split_of = {r.path.name: r.split for r in read_manifest(IMAGERY)}
    for split in SPLITS:
        data = SyntheticShots(split, (32, 18), 1, folder=IMAGERY, worlds={"turn": 1.0})
        assert {split_of[data[index].place] for index in range(4)} == {split}


def test_pictures_come_from_the_folder_of_their_split(tmp_path, monkeypatch) -> None:
    for name, tone in (("a.png", 40), ("b.png", 200)):
        Image.fromarray(np.full((64, 128, 3), tone, np.uint8)).save(tmp_path / name)
    rows = ["path\tcategory\tsplit", "a.png\tpanorama\ttrain", "b.png\tpanorama\ttest"]
    (tmp_path / "MANIFEST.tsv").write_text("\n".join(rows))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    train, test = (shots(split=s, worlds={"turn": 1.0})[0] for s in ("train", "test"))
    assert (train.place, test.place) == ("a.png", "b.png")
    assert float(train.background.mean()) < float(test.background.mean())
    assert shots(split="val", worlds={"turn": 1.0})[0].place.startswith("procedural")
    assert load_picture(tmp_path / "a.png", 32).shape == (3, 16, 32)
    assert load_picture(tmp_path / "a.png", 500).shape == (3, 64, 128)


def test_unknown_splits_are_refused() -> None:
    with pytest.raises(InputError, match="split 'dev' is unknown"):
        shots(split="dev")


def test_the_set_ends() -> None:
    data = shots(length=2)
    assert len(list(data)) == 2
    with pytest.raises(IndexError):
        data[2]


def test_compositing_agrees_with_that_of_generation() -> None:
    rng = np.random.default_rng(0)
    person, background = (rng.integers(0, 256, (9, 7, 3), dtype=np.uint8) for _ in range(2))
    matte = rng.choice([0, 255, 40, 128, 230], (9, 7, 1)).astype(np.uint8)
    expected = composite_bytes(person, matte, background)
    tensors = [
        torch.from_numpy(x).permute(2, 0, 1)[None] / 255 for x in (person, matte, background)
    ]
    result = composite(*tensors)[0].permute(1, 2, 0) * 255
    assert float((result - torch.from_numpy(expected)).abs().max()) < 0.51


def test_a_person_is_laid_upright_where_placed() -> None:
    layers = torch.zeros(24, 4, 176, 120)
    layers[:, 3, round(FOOT_ROW) - 128 : round(FOOT_ROW), 56:64] = 1  # 1.6 m by 0.1 m
    ones = torch.ones(2)
    placement = Placement(
        foot=torch.tensor([[30.0, 40.0], [20.0, 30.0]]),
        scale=20.0 * ones,
        roll=torch.tensor([0.0, torch.pi / 2]),  # fallen over clockwise: the head to the right
        phase=torch.tensor([0, 30]),
    )
    _, matte = lay_person(StrideClip(layers, 1.6, *NO_JOINTS), placement, Size(64, 48))
    rows, columns = matte[0, 0].nonzero().unbind(-1)
    assert (int(rows.min()), int(rows.max()) + 1) == pytest.approx((8, 40), abs=1)
    assert (int(columns.min()), int(columns.max()) + 1) == pytest.approx((29, 31), abs=1)
    rows, columns = matte[1, 0].nonzero().unbind(-1)
    assert (int(columns.min()), int(columns.max()) + 1) == pytest.approx((20, 52), abs=1)


def test_the_rendered_person_fits_the_clip_and_repeats() -> None:
    clip = person_clip(0)
    matte = clip.layers[:, 3]
    rows = matte.amax((0, 2)).nonzero()[:, 0]
    standing = (clip.height * PIXELS_PER_METRE, FOOT_ROW)
    assert float(rows.max()) + 1 == pytest.approx(standing[1], abs=12)
    assert float(rows.max() - rows.min()) == pytest.approx(standing[0], rel=0.12)
    assert not matte[:, [0, -1]].any()
    assert not matte[:, :, [0, -1]].any()
    steps = (matte - matte.roll(1, 0)).abs().mean((1, 2))
    assert float(steps[0]) < 1.5 * float(steps[1:].max())  # from the last frame to the first
