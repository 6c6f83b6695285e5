"""Things cut out and stood on the ground move as things do, and uncover what is behind them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.generation.scene_memory import SceneMemory
from dynascene.geometry.cards import (
    HiddenThingError,
    Upright,
    foot_line,
    is_before,
    stand_up,
    standing_points,
)
from dynascene.geometry.framing import (
    Framing,
    check_inside,
    find_framing,
    is_inside,
    place_track,
    reached_share,
    seen_share,
)
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.place_mesh import meshes_of
from dynascene.geometry.projection import GuideFrame
from dynascene.geometry.repainting import Paint
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.screen import Screen
from dynascene.types import CameraTrack, Size

SIZE = Size(240, 135)
CAMERA = PictureCamera(200.0, SIZE, horizon=50.0)
TOP, FOOT, LEFT, RIGHT = 20, 110, 100, 124  # of a red post


def post_mask() -> np.ndarray:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[TOP:FOOT, LEFT:RIGHT] = 1
    return mask


def scene_with(mask: np.ndarray) -> LiftedScene:
    """Red where the mask is, blue elsewhere."""
    red = torch.from_numpy(mask)
    return lift_to_stage(torch.stack([red, torch.zeros_like(red), 1 - red]), CAMERA)


def standing(mask: np.ndarray) -> LiftedScene:
    feet = foot_line(mask, CAMERA)
    assert feet is not None
    return stand_up(scene_with(mask), [Upright(mask, feet)])


def sideways(scene: LiftedScene, amount: float = 0.1, share: float = 1.0) -> CameraTrack:
    """share: of the picture's width, seen from its own place."""
    fov = 2 * np.degrees(np.arctan(share * SIZE.width / 2 / CAMERA.focal))
    track = make_move(f"truck-right:{amount}:linear", 3, intrinsics_from_fov(fov, SIZE), SIZE)
    return place_track(track, Framing(0.0, scene.camera.pitch))


def red_extent(scene: LiftedScene, track: CameraTrack, row: int) -> tuple[float, float]:
    """Where red begins and ends in a row of the last frame."""
    *_, frame = SceneMemory(scene, track).render(track)
    columns = torch.nonzero(frame.colour[0, row] > 0.5)[:, 0]
    return float(columns.min()), float(columns.max()) + 1


def first_frame(scene: LiftedScene) -> GuideFrame:
    track = sideways(scene)
    return next(SceneMemory(scene, track).render(track[:1]))


def test_from_the_pictures_own_place_nothing_changes() -> None:
    """Not even at outlines: all is where the picture shows it, and photographed."""
    mask = post_mask()
    mask[70:100, 30:70] = 1
    mask[95, 50:66] = 0.4  # soft, as outlines are
    scene = standing(mask)
    first, lying = first_frame(scene), first_frame(scene_with(mask))
    assert (first.colour - lying.colour).abs().max() < 0.05  # canvases lie at other fractions
    assert first.visibility[:, 1:-1, 1:-1].min() > 0.99


def test_two_cards_hide_nothing_of_each_other_from_there() -> None:
    far = np.zeros((SIZE.height, SIZE.width), np.float32)
    far[40:90, 110:150] = 1
    uprights = [Upright(mask, foot_line(mask, CAMERA)) for mask in (post_mask(), far)]
    shades = torch.linspace(0, 1, SIZE.width).expand(3, SIZE.height, -1)
    lying = lift_to_stage(shades, CAMERA)
    first = first_frame(stand_up(lying, uprights))
    assert (first.colour - shades).abs().max() < 0.02
    assert first.visibility[:, 1:-1, 1:-1].min() > 0.99


@pytest.mark.parametrize("row", [30, 70, 100])
def test_a_post_moves_as_one_thing_at_the_depth_of_its_foot(row: int) -> None:
    scene = standing(post_mask())
    track = sideways(scene)
    depth = standing_points(scene, torch.tensor([[112.0, float(FOOT)]]).double())[0, 2]
    pitch = CAMERA.scene_from_picture
    depth = depth * pitch[2, 2] + scene.surface.height * pitch[1, 2]  # along the picture's axis
    travel = float(camera_centres(track.cam_from_world)[-1, 0])
    shift = CAMERA.focal * travel / float(depth)
    assert shift > 10
    left, right = red_extent(scene, track, row)
    # a little more above, as the plane is upright and the camera looks down
    assert left == pytest.approx(LEFT - shift, abs=2.5)
    assert right == pytest.approx(RIGHT - shift, abs=2.5)
    lying = red_extent(scene_with(post_mask()), track, row)
    if row < 75:  # which without a card lags behind at its upper end
        assert lying[0] > left + 4


def test_what_a_thing_uncovers_is_continued_and_not_photographed() -> None:
    scene = standing(post_mask())
    track = sideways(scene)
    *_, frame = SceneMemory(scene, track).render(track)
    assert frame.colour[2, 60, LEFT:RIGHT].min() > 0.9  # blue, where the post stood
    uncovered = frame.visibility[0, 60] < 0.02
    assert uncovered.any()
    assert (frame.colour[0, 60, uncovered] < 0.1).all()


def test_the_hull_of_the_lower_outline_is_the_foot_line() -> None:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[40:90, 50:150] = 1
    mask[90:100, 60:66] = mask[90:120, 100:106] = mask[90:110, 140:146] = 1  # legs
    feet = foot_line(mask, CAMERA)
    assert feet is not None
    corners = {tuple(foot) for foot in feet.tolist()}
    assert {(100.5, 120.0), (105.5, 120.0), (145.5, 110.0)} <= corners
    assert (feet[:, 0].diff() > 0).all()
    assert feet[0, 1] == feet[1, 1]  # the ends go on across the picture
    assert feet[-1, 1] == feet[-2, 1]


def test_what_hangs_over_the_ground_is_no_foot() -> None:
    """A tree stands on its trunk, not below its crown."""
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[10:70, 60:180] = 1
    mask[70:110, 115:125] = 1
    feet = foot_line(mask, CAMERA)
    assert feet is not None
    assert feet[:, 1].tolist() == [110.0] * len(feet)


def test_without_a_pixel_below_the_horizon_there_are_no_feet() -> None:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    assert foot_line(mask, CAMERA) is None
    mask[10:50, 20:40] = 1
    assert foot_line(mask, CAMERA) is None


def test_things_that_stand_do_not_turn_the_view() -> None:
    plain, scene = scene_with(post_mask()), standing(post_mask())
    track = sideways(plain, amount=0.3, share=0.8)
    assert seen_share(track, scene) < seen_share(track, plain)
    assert reached_share(track, scene) == seen_share(track, plain)
    assert find_framing(track, scene) == find_framing(track, plain)


def test_the_nearer_of_two_cards_is_in_front() -> None:
    near, far = post_mask(), np.zeros((SIZE.height, SIZE.width), np.float32)
    far[30:80, 90:140] = 1
    scene = lift_to_stage(torch.rand(3, SIZE.height, SIZE.width), CAMERA)
    uprights = [Upright(mask, foot_line(mask, CAMERA)) for mask in (far, near)]
    front, back = stand_up(scene, uprights).cards
    assert front.surface.feet.norm(dim=-1).min() < back.surface.feet.norm(dim=-1).min()
    post = torch.from_numpy(near)
    assert not (post * back.picture[4]).any()
    assert (post * front.picture[4]).sum() == post.sum()


def test_a_thing_that_nearer_ones_hide_together_is_told() -> None:
    """It shows in a gap of two columns between them, which their rims take."""
    left, right, behind = np.zeros((3, SIZE.height, SIZE.width), np.float32)
    left[30:110, 80:110] = right[30:110, 112:140] = behind[40:80, 106:116] = 1
    uprights = [Upright(mask, foot_line(mask, CAMERA)) for mask in (left, behind, right)]
    with pytest.raises(HiddenThingError) as error:
        stand_up(scene_with(left), uprights)
    assert error.value.number == 1
    assert len(stand_up(scene_with(left), uprights[:2]).cards) == 2


def test_a_foot_line_must_pass_below_the_whole_thing() -> None:
    scene = scene_with(post_mask())
    good = torch.tensor([[100.0, 110.0], [124.0, 104.0]]).double()
    assert is_before(scene, Upright(post_mask(), good))
    # so steep that it meets the horizon on the post itself
    steep = torch.tensor([[60.0, 110.0], [95.0, 60.0]]).double()
    assert not is_before(scene, Upright(post_mask(), steep))


def test_a_card_at_the_border_goes_on_beyond_it() -> None:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[30:100, 200:] = 1
    scene = standing(mask)
    track = sideways(scene, 0.15)
    left, right = red_extent(scene, track, 60)
    assert left < 190
    assert right > left + 50  # 40 columns were seen, and their mirror image follows


def test_how_a_card_goes_on_beyond_the_picture_is_not_photographed() -> None:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[30:100, 200:] = 1
    scene = standing(mask)
    track = sideways(scene, 0.15)
    *_, frame = SceneMemory(scene, track).render(track)
    on_card = torch.nonzero(frame.colour[0, 60] > 0.5)[:, 0]
    seen = frame.visibility[0, 60, on_card]
    assert seen[:35].min() > 0.99  # of the 40 columns in the picture
    assert seen[46:].max() < 0.01


def test_a_thing_short_of_the_border_ends_there() -> None:
    """Its rim reaches the border, but nothing of it goes on beyond."""
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[30:100, 210 : SIZE.width - 1] = 1
    left, right = red_extent(standing(mask), sideways(standing(mask), 0.15), 60)
    assert right - left < 32


def test_paint_stays_off_cards() -> None:
    scene = standing(post_mask())
    card, ground = scene.cards[0].picture, scene.layers[0].picture
    assert card[3].min() == 1
    assert ground[3, 60, LEFT + 2 : RIGHT - 2].max() == 0
    assert ground[4].min() == 1


def test_a_painted_memory_keeps_its_cards() -> None:
    scene = standing(post_mask())
    track = sideways(scene)
    memory = SceneMemory(scene, track)
    before = list(memory.render(track))[-1]
    change, fresh = torch.full((3, *SIZE[::-1]), 0.5), torch.ones(1, *SIZE[::-1])
    memory.remember(track[-1:], Paint(change, fresh))
    after = list(memory.render(track))[-1]
    on_card = before.colour[0, 70] > 0.95
    assert on_card.sum() > 10
    torch.testing.assert_close(after.colour[:, 70, on_card], before.colour[:, 70, on_card])
    uncovered = before.visibility[0, 70] < 0.02
    assert after.painted is not None
    assert after.painted[0, 70, uncovered].mean() > 0.8
    assert after.colour[1, 70, uncovered].mean() > 0.3


def test_meshes_hold_the_card_alone_where_it_is_solid() -> None:
    scene = standing(post_mask())
    ground, card = meshes_of(scene)
    assert len(card.triangles) < len(ground.triangles) / 2
    used = np.unique(card.triangles)
    assert (card.points[used, 2] > 0).all()
    assert card.picture.shape[2] == 4
    assert card.picture[..., 3].min() == 0
    lone = meshes_of(replace(scene, cards=()))
    assert len(lone) == 1


def test_a_screens_feet_lie_on_the_ground_of_the_picture() -> None:
    scene = standing(post_mask())
    screen = scene.cards[0].surface
    assert isinstance(screen, Screen)
    ends = torch.stack(
        [screen.feet[:, 0], torch.full_like(screen.feet[:, 0], screen.height), screen.feet[:, 1]],
        dim=-1,
    )
    pixels, inside = CAMERA.pixels_from_directions(ends)
    assert inside.all()
    torch.testing.assert_close(pixels[:, 1], torch.full_like(pixels[:, 1], float(FOOT)))


@pytest.mark.parametrize("travel", [0.0, 0.1, 0.2])
def test_the_share_that_is_seen_leaves_out_what_cards_uncover(travel: float) -> None:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[20:110, 80:160] = 1
    scene = standing(mask)
    track = sideways(scene, travel, share=0.8)
    seen = torch.stack([frame.visibility for frame in SceneMemory(scene, track).render(track)])
    share = seen_share(track, scene)
    assert share == pytest.approx(float(seen.mean()), abs=0.01)
    if travel:
        assert seen_share(track, replace(scene, cards=())) > share + 0.01


def ahead(scene: LiftedScene, distance: float, right: float = 0.0) -> CameraTrack:
    """Three frames on a straight level way."""
    end = torch.tensor([right, 0.0, distance], dtype=torch.float64)
    poses = torch.eye(4, dtype=torch.float64).repeat(3, 1, 1)
    poses[:, :3, 3] = -torch.linspace(0, 1, 3, dtype=torch.float64)[:, None] * end
    return CameraTrack(poses, sideways(scene).intrinsics, SIZE)


def test_a_camera_that_drives_through_a_card_is_told() -> None:
    scene = standing(post_mask())  # taller than the camera is high
    (card,) = scene.cards
    distance = float(card.surface.feet[0, 1])
    check_inside(ahead(scene, 0.9 * distance), scene)
    assert is_inside(ahead(scene, 0.9 * distance), scene)
    with pytest.raises(InputError, match="frame 2 goes through what stands in columns 9") as error:
        check_inside(ahead(scene, 1.2 * distance), scene)
    assert error.value.parameters[-1] == "upright"
    assert not is_inside(ahead(scene, 1.2 * distance), scene)
    check_inside(ahead(scene, 1.2 * distance), replace(scene, cards=()))


def test_a_camera_may_pass_beside_a_card_and_above_it() -> None:
    scene = standing(post_mask())
    distance = float(scene.cards[0].surface.feet[0, 1])
    check_inside(ahead(scene, 1.2 * distance, right=0.2 * distance), scene)
    low = post_mask()
    low[: round(CAMERA.horizon) + 6] = 0  # ends below the horizon
    check_inside(ahead(standing(low), 1.2 * distance), standing(low))


def test_which_card_is_in_front_differs_among_pixels() -> None:
    """A long wall, near on the left, goes away behind a post. From its left end it is the nearest
    of both, but where they meet, the post is."""
    wall, post = np.zeros((2, SIZE.height, SIZE.width), np.float32)
    wall[30:80, 20:100] = post[30:95, 108:124] = 1
    colours = torch.stack([torch.from_numpy(post), torch.from_numpy(wall), torch.ones(SIZE[::-1])])
    along = torch.tensor([[20.0, 120.0], [100.0, 72.0]], dtype=torch.float64)
    uprights = [Upright(wall, along), Upright(post, foot_line(post, CAMERA))]
    scene = stand_up(lift_to_stage(colours, CAMERA), uprights)
    assert [float(card.picture[4, 60, 115]) for card in scene.cards] == [0, 1]  # wall, post
    track = sideways(scene, 0.25)
    *_, last = SceneMemory(scene, track).render(track)
    red = torch.nonzero(last.colour[0, 60] > 0.9)[:, 0]
    assert len(red) >= 14  # the whole post
    alone = SceneMemory(replace(scene, cards=scene.cards[:1]), track)
    *_, behind = alone.render(track)
    hidden = behind.colour[1, 60, red] > 0.9
    assert hidden.sum() > 3  # and it covers the wall's end
    *_, mirrored = SceneMemory(replace(scene, cards=scene.cards[::-1]), track).render(track)
    torch.testing.assert_close(mirrored.colour, last.colour)
