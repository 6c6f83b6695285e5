"""Shots of solid places: true, repeatable, drawn only when asked for."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from dynascene.datasets.imagery import FOLDER_VARIABLE, read_manifest
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rays import track_rays
from dynascene.synthetic.places.library import Library
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.synthetic.solid.graphics import graphics
from dynascene.synthetic.solid.layouts import draw_layout
from dynascene.synthetic.solid.materials import Materials, roles
from dynascene.synthetic.solid.place import SolidPlace
from dynascene.synthetic.solid.trees import bush_picture, tree_picture
from dynascene.synthetic.solid.world import has_sky
from dynascene.synthetic.worlds import WORLDS, draw_place
from dynascene.training_batch import collate
from dynascene.types import Size

SIZE = Size(32, 24)
IMAGERY = Path(__file__).parents[4] / "shared" / "training"
needs_imagery = pytest.mark.skipif(not IMAGERY.is_dir(), reason="no ../shared/training here")


@pytest.fixture(autouse=True)
def needs_egl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    try:
        graphics()
    except InputError as error:
        pytest.skip(str(error))


def shots(**options) -> SyntheticShots:
    defaults = {"size": SIZE, "frames": 3, "worlds": {"solid": 1.0}, "person_share": 0.0}
    return SyntheticShots(**(defaults | options))


def place(seed: int) -> SolidPlace:
    solid_place = draw_place("solid", Library("train", 48), np.random.default_rng(seed))[1]
    assert isinstance(solid_place, SolidPlace)
    return solid_place


def test_it_is_drawn_only_by_name() -> None:
    assert "solid" not in WORLDS


def test_the_same_seed_gives_the_same_shot_in_this_process_and_in_workers() -> None:
    data = shots(length=3)
    here = [data[index] for index in range(3)]
    loader = DataLoader(data, batch_size=3, num_workers=1, collate_fn=collate, timeout=600)
    there = next(iter(loader))  # forked from this process, which has drawn already
    for index, shot in enumerate(here):
        assert torch.equal(there.target("background")[index], shot.background)
        assert torch.equal(there.target("video")[index], shot.video)
        assert torch.equal(data[index].video, shot.video)
        assert torch.equal(data[index].depth, shot.depth)
    assert not torch.equal(here[0].video, here[1].video)


def test_depth_is_metric_and_the_picture_shows_the_same_place() -> None:
    shot = shots(size=(96, 72))[4]
    assert bool((shot.depth > 0).all())
    assert bool(shot.depth.isfinite().all())
    assert shot.world == "solid"
    assert float(shot.background.std()) > 0.1


def test_scaling_scales_depths_only() -> None:
    here = place(2)
    track = make_move("pan-right:30+truck-left:0.5", 3, intrinsics_from_fov(60, SIZE), SIZE)
    rays = track_rays(track)
    colour, depth = here.render(rays)
    nearer_rays = rays._replace(origins=rays.origins * 0.3)
    same, smaller = here.scale(0.3).render(nearer_rays)
    assert float((same - colour).abs().mean()) < 2e-3
    torch.testing.assert_close(smaller, 0.3 * depth, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_the_camera_has_room_and_keeps_out_of_boxes(seed: int) -> None:
    here = place(seed)
    assert bool(here.contains(torch.zeros(1, 3))[0])
    inner = [b for b in here.boxes if b.top - b.bottom > 0.5]
    assert inner
    middles = [[b.x, here.solids.ground - (b.bottom + b.top) / 2, b.z] for b in inner]
    assert not here.contains(torch.tensor(middles)).any()
    smaller = here.scale(0.1)
    assert not smaller.contains(torch.tensor(middles) * 0.1).any()


def test_layouts_have_the_promised_number_of_things() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        stuff = Materials(Library("train", 48), rng, 32)
        layout = draw_layout(rng, stuff, indoors=seed % 3 == 0)
        assert 8 <= len(layout.boxes) <= 150, seed
        assert stuff.stack_layers().shape[1:] == (32, 32, 4)
        for b in layout.boxes:
            assert b.top > b.bottom >= 0
            assert math.hypot(b.x, b.z) < 75


def test_textures_cover_what_they_suit() -> None:
    assert roles("25_grass001_1k_color.jpg") == ("meadow",)
    assert "wall" in roles("32_texture_bricks.jpg")
    assert "wall" not in roles("08_tiles133a_1k_jpg_color.jpg")
    assert len(roles("procedural-3")) == 6


@pytest.mark.parametrize("draw", [tree_picture, bush_picture])
def test_plants_stand_on_the_ground_with_free_borders(draw) -> None:
    for seed in range(4):
        picture = draw(np.random.default_rng(seed), torch.full((4, 64, 64), 0.5), 64)
        alpha = picture[3]
        assert 0.08 < float(alpha.mean()) < 0.9
        assert float(alpha[-1].max()) > 0.5
        assert not torch.cat([alpha[0], alpha[:, 0], alpha[:, -1]]).any()


def test_a_sky_is_told_from_a_ceiling() -> None:
    rows = torch.linspace(0, 1, 64)[:, None].expand(64, 128)
    sky = torch.stack([0.4 + 0.3 * rows, 0.5 + 0.3 * rows, 0.8 + 0 * rows]) * 255
    assert has_sky(sky.to(torch.uint8))
    warm = sky.flip(0)
    assert not has_sky(warm.to(torch.uint8))
    beams = sky * (torch.arange(128) % 8 < 4)
    assert not has_sky(beams.to(torch.uint8))


@needs_imagery
def test_splits_share_no_place_and_no_character() -> None:
    split_of = {r.path.name: r.split for r in read_manifest(IMAGERY)}
    for split in ("train", "val", "test"):
        data = shots(split=split, folder=IMAGERY)
        assert split_of[data[0].place] == split
        assert {split_of[path.name] for path in data.library.characters()} <= {split}
