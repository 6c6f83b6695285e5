"""Cards go on beyond the picture alike, whether they are painted or met by rays."""

import numpy as np
import pytest
import torch

from dynascene.geometry.card_canvas import paint_card
from dynascene.geometry.cards import Upright, stand_up
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import layer_shares
from dynascene.geometry.rigid import rotation_about
from dynascene.geometry.scene_view import view_cards_of
from dynascene.geometry.surface import Surface
from dynascene.types import CameraTrack, Size

SIZE = Size(240, 135)
CAMERA = PictureCamera(200.0, SIZE, horizon=50.0)


def standing(rows: slice, columns: slice, feet: list[list[float]]) -> LiftedScene:
    mask = np.zeros((SIZE.height, SIZE.width), np.float32)
    mask[rows, columns] = 1
    scene = lift_to_stage(torch.full((3, *SIZE[::-1]), 0.5), CAMERA)
    return stand_up(scene, [Upright(mask, torch.tensor(feet, dtype=torch.float64))])


def looking_down(back: float, degrees: float, right: float = 0.0) -> CameraTrack:
    """One camera, moved from the picture's own place and tilted."""
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = rotation_about("x", -degrees).mT
    pose[:3, 3] = -pose[:3, :3] @ torch.tensor([right, 0.0, -back], dtype=torch.float64)
    k = intrinsics_matrix(CAMERA.focal, CAMERA.focal, SIZE.width / 2, SIZE.height / 2)
    return CameraTrack(pose[None], k[None], SIZE)


def shares(scene: LiftedScene, track: CameraTrack) -> tuple[torch.Tensor, torch.Tensor]:
    """What of each pixel [H, W] is a card: as it is rendered, and as rays meet it."""
    (card,) = scene.cards
    canvases = [paint_card(card, CAMERA, 400.0)]
    surfaces: list[Surface] = [card.surface]
    (rendered,) = layer_shares(track, surfaces, canvases, 0)
    return rendered[0], view_cards_of(track, scene)[1].is_card[0].float()


@pytest.mark.parametrize(
    ("rows", "columns", "feet"),
    [
        (slice(30, 135), slice(80, 160), [[75.0, 150.0], [165.0, 150.0]]),
        (slice(30, 135), slice(80, 160), [[75.0, 260.0], [165.0, 260.0]]),  # far below the border
        (slice(30, 135), slice(80, 160), [[75.0, 165.0], [165.0, 140.0]]),
        (slice(30, 110), slice(200, 240), [[200.0, 110.0], [240.0, 110.0]]),  # cut on the right
        (slice(30, 110), slice(0, 50), [[0.0, 110.0], [50.0, 106.0]]),
    ],
)
@pytest.mark.parametrize(
    ("back", "degrees", "right"), [(0.0, 0.0, 0.0), (0.1, 20.0, 0.0), (0.4, 20.0, 0.1)]
)
def test_rays_meet_a_card_where_it_is_rendered(
    rows: slice, columns: slice, feet: list, back: float, degrees: float, right: float
) -> None:
    rendered, met = shares(standing(rows, columns, feet), looking_down(back, degrees, right))
    assert rendered.mean() > 0.02
    assert (rendered - met).abs().mean() < 0.012  # soft outlines alone


def test_a_card_that_the_lower_border_cuts_reaches_the_ground_and_ends_there() -> None:
    scene = standing(slice(30, 135), slice(80, 160), [[75.0, 200.0], [165.0, 200.0]])
    track = looking_down(0.0, 30.0)
    _, cards = view_cards_of(track, scene)
    height = scene.cards[0].surface.height
    middle = cards.points[0, :, 120][cards.is_card[0, :, 120]]
    assert middle[:, 1].max() == pytest.approx(height, rel=0.03)
    assert (middle[:, 1] <= height).all()
    rendered, met = shares(scene, track)
    assert abs(float(rendered[:, 120].sum() - met[:, 120].sum())) < 2
