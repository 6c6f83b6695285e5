"""Short clips whose scene picture comes with its own camera."""

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.rays import track_rays
from dynascene.geometry.rigid import invert_rigid, relative_to_first, rotation_angle
from dynascene.geometry.tracks import opposite_track
from dynascene.synthetic.shots.moved_clips import moved_clips
from dynascene.synthetic.shots.moved_shots import MovedShots
from dynascene.synthetic.shots.short_filming import (
    in_track_units,
    level_pose,
    seen_from,
    started_at,
)
from dynascene.synthetic.shots.short_paths import (
    AMOUNTS,
    TRAVELS,
    even_move,
    random_short_track,
)
from dynascene.synthetic.shots.short_shots import ShortShots
from dynascene.synthetic.worlds import draw_place
from dynascene.types import CameraTrack, Size

SIZE, FRAMES = Size(24, 12), 3


@pytest.fixture(autouse=True)
def procedural(monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)


def shots(split: str = "train", **options) -> ShortShots:
    return ShortShots(split, SIZE, FRAMES, **{"worlds": {"turn": 1.0, "stage": 1.0}, **options})


def test_a_clip_is_the_same_whenever_it_is_asked_for() -> None:
    first, again = shots()[5], shots()[5]
    for name in ("video", "scene_image", "cam_from_world", "scene_cam_from_world"):
        assert torch.equal(getattr(first, name), getattr(again, name)), name
    assert not torch.equal(first.video, shots(seed=1)[5].video)


def test_the_order_in_which_worlds_are_written_changes_nothing() -> None:
    """A cache of clips is named after the shares alone."""
    worlds = {"turn": 1.0, "stage": 1.0}
    written, reverse = shots(worlds=worlds), shots(worlds=dict(reversed(worlds.items())))
    kinds = [written[index].world for index in range(4)]
    assert kinds == [reverse[index].world for index in range(4)]
    assert set(kinds) == set(worlds)


def test_splits_show_other_places() -> None:
    train, test = (set(shots(split).library.names("panorama")) for split in ("train", "test"))
    assert not train & test


def test_the_picture_of_an_own_view_is_the_first_frame() -> None:
    shot = shots(own_view_share=1.0, person_share=0.0)[3]
    torch.testing.assert_close(shot.background[0], shot.scene_image, atol=1e-5, rtol=0)
    torch.testing.assert_close(shot.cam_from_world[0], shot.scene_cam_from_world)
    assert shot.seen[0].float().mean() > 0.95


def test_another_picture_is_taken_elsewhere_and_says_where() -> None:
    clips = [shots(own_view_share=0.0, person_share=0.0)[index] for index in range(8)]
    for shot in clips:
        between = shot.cam_from_world[0] @ invert_rigid(shot.scene_cam_from_world)
        assert float(rotation_angle(between[:3, :3])) > 0.1
    assert min(float(shot.seen.float().mean()) for shot in clips) < 0.9


def test_half_of_the_clips_show_a_person() -> None:
    people = [bool((shots()[index].matte > 0).any()) for index in range(24)]
    assert 5 <= sum(people) <= 19
    shot = shots()[people.index(True)]
    assert torch.equal(shot.video[shot.matte.expand_as(shot.video) == 0],
                       shot.background[shot.matte.expand_as(shot.video) == 0])  # fmt: skip
    assert (shot.foreground[shot.matte.expand_as(shot.video) == 0] == 0).all()


def test_a_picture_of_a_stage_has_a_median_depth_of_one() -> None:
    assert shots(worlds={"stage": 1.0})[0].world == "stage"
    _, place = draw_place("stage", shots().library, np.random.default_rng(0))
    picture = CameraTrack(level_pose(20.0, -3.0)[None], intrinsics_from_fov(60, SIZE)[None], SIZE)
    depth = in_track_units(place, picture).render(track_rays(picture))[1]
    assert float(depth.median()) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("turning", [True, False])
def test_random_tracks_begin_at_the_identity(turning: bool) -> None:
    for seed in range(60):
        track = random_short_track(np.random.default_rng(seed), FRAMES, SIZE, turning=turning)
        torch.testing.assert_close(track.cam_from_world[0], torch.eye(4, dtype=torch.float64))
        if turning:
            assert (track.cam_from_world[:, :3, 3] == 0).all()


@pytest.mark.parametrize("move", list(AMOUNTS))
def test_opposite_moves_undo_each_other(move: str) -> None:
    amount = AMOUNTS[move][0]
    track = even_move(move, amount, FRAMES, 60.0, SIZE)
    moved = relative_to_first(track.cam_from_world)[-1]
    if move in TRAVELS:
        assert float(moved[:3, 3].norm()) == pytest.approx(amount)
    else:
        assert float(rotation_angle(moved[:3, :3])) == pytest.approx(amount)
    other = even_move(move, -amount, FRAMES, 60.0, SIZE)
    torch.testing.assert_close(opposite_track(track).cam_from_world, other.cam_from_world)
    start = level_pose(20.0, 5.0)
    torch.testing.assert_close(
        opposite_track(started_at(track, start)).cam_from_world, other.cam_from_world @ start
    )


def test_moved_shots_are_plain_moves_of_every_kind_with_their_opposites() -> None:
    moved = MovedShots(shots(person_share=0.0))
    assert [moved[index].move for index in range(5)] == ["pan", "tilt", "dolly", "truck", "pan"]
    for index in range(4):
        shot, opposite = moved[index].shot, moved[index].opposite
        torch.testing.assert_close(opposite[0], shot.cam_from_world[0])
        there, back = (relative_to_first(x)[-1] for x in (shot.cam_from_world, opposite))
        torch.testing.assert_close(there @ back, torch.eye(4, dtype=torch.float64))
        assert shot.world == "stage" or moved[index].move in ("pan", "tilt")
    assert torch.equal(moved[2].shot.video, moved[2].shot.video)


def test_points_go_the_opposite_way_along_the_opposite_track() -> None:
    names = frozenset({"points", "skeleton"})
    pan, with_points = (
        MovedShots(shots(person_share=1.0, inputs=inputs))[0] for inputs in (frozenset(), names)
    )
    assert torch.equal(pan.shot.video, with_points.shot.video)  # the same clip
    assert not pan.opposite_inputs
    assert with_points.opposite_inputs.keys() == {"points"}  # the person is not another one
    there, back = with_points.shot.inputs["points"], with_points.opposite_inputs["points"]
    torch.testing.assert_close(there[0], back[0])
    ways = [(rows[-1] - rows[0])[:, 0] for rows in (there, back)]
    assert (ways[0] * ways[1] < 0).all()
    clips = moved_clips([with_points])
    assert torch.equal(clips.clip["points"][0], there)
    assert torch.equal(clips.opposite["points"][0], back)
    assert torch.equal(clips.clip["skeleton"], clips.opposite["skeleton"])


def test_moves_need_a_place_with_depth() -> None:
    with pytest.raises(InputError, match="have no depth"):
        MovedShots(shots(worlds={"turn": 1.0}))


def test_a_picture_shows_what_lies_before_it_and_is_not_hidden() -> None:
    K = intrinsics_from_fov(90, SIZE)[None]
    picture = CameraTrack(level_pose(0.0, 0.0)[None], K, SIZE)
    turned = CameraTrack(level_pose(90.0, 0.0)[None], K, SIZE)
    far = torch.full((1, 1, SIZE.height, SIZE.width), torch.inf)
    assert seen_from(picture, far, track_rays(picture), far).all()
    assert not seen_from(picture, far, track_rays(turned), far).any()
    near, behind = torch.full_like(far, 1.0), torch.full_like(far, 2.0)
    assert seen_from(picture, near, track_rays(picture), near).all()
    assert not seen_from(picture, near, track_rays(picture), behind).any()  # something is before it
