"""Paint of one view, written back: where it lands, and what it must not touch."""

import pytest
import torch
from stored_canvas import layers_of
from torch import Tensor

from dynascene.geometry.canvas import paint_canvas
from dynascene.geometry.framing import Framing, place_track
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import layer_shares, render_guide, window_for_track
from dynascene.geometry.repainting import Paint, repaint
from dynascene.types import CameraTrack, Size

CAMERA = PictureCamera(120.0, Size(140, 90), 40.0)
SIZE = Size(67, 39)
RED = torch.tensor([1.0, 0.0, 0.0])[:, None, None]


def grey_picture() -> Tensor:
    noise = torch.rand(3, 90, 140, generator=torch.Generator().manual_seed(0))
    return 0.4 + 0.2 * noise


def track(move: str, frames: int = 3) -> CameraTrack:
    made = make_move(move, frames, intrinsics_from_fov(50.0, SIZE), SIZE)
    return place_track(made, Framing(0.0, CAMERA.pitch))


def pure(colour: Tensor, fresh: float = 0.0) -> Paint:
    """So large a change that any colour becomes this one. fresh of 0: only where nothing is known,
    with hard borders."""
    h, w = SIZE.height, SIZE.width
    return Paint((4 * colour - 2).expand(3, h, w), torch.full((1, h, w), fresh))


def painted(scene: LiftedScene, cameras: CameraTrack, frame: int, paint: Paint) -> list:
    window = window_for_track(cameras, scene.surface)
    surfaces = [layer.surface for layer in scene.layers]
    canvases = [paint_canvas(layer.picture, CAMERA, window) for layer in scene.layers]
    view = cameras[frame : frame + 1]
    shares = layer_shares(view, surfaces, canvases, 0)
    layers = zip(canvases, surfaces, shares, strict=True)
    after = [
        repaint(canvas, canvas, surface, view, paint, share) for canvas, surface, share in layers
    ]
    return [surfaces, canvases, after]


@pytest.mark.parametrize("move", ["pan-right:50", "tilt-up:40", "truck-right:0.4"])
def test_a_view_shows_its_own_paint_and_what_was_photographed(move: str) -> None:
    scene, cameras = lift_to_stage(grey_picture(), CAMERA), track(move)
    surfaces, before, after = painted(scene, cameras, 2, pure(RED))
    old, new = (list(render_guide(cameras, surfaces, c))[2] for c in (before, after))
    assert new.painted is not None
    torch.testing.assert_close(new.visibility, old.visibility)
    everywhere = new.visibility + new.painted
    assert everywhere[:, 1:-1, 1:-1].min() > 0.5  # at the foot of the wall
    assert everywhere.mean() > 0.99
    assert everywhere.max() < 1 + 1e-5
    revealed = (old.visibility < 0.001).expand(3, -1, -1)
    assert revealed.any()
    inner = torch.zeros_like(revealed)
    inner[:, 1:-1, 1:-1] = True
    difference = (new.colour - RED).abs()[revealed & inner]
    assert difference.max() < 0.1
    assert difference.mean() < 2e-3
    torch.testing.assert_close(
        new.colour[:, new.visibility[0] > 0.999], old.colour[:, old.visibility[0] > 0.999]
    )


def test_photographed_pixels_of_the_canvas_stay_bit_by_bit() -> None:
    scene, cameras = lift_to_stage(grey_picture(), CAMERA), track("pan-right:50")
    _, (before,), (after,) = painted(scene, cameras, 2, pure(RED, fresh=1.0))
    photographed = layers_of(before)[3] == 1
    assert torch.equal(layers_of(after)[:5, photographed], layers_of(before)[:, photographed])
    assert not layers_of(after)[5, photographed].any()
    assert len(layers_of(before)) == 5  # the canvas that was given is as it was


@pytest.mark.parametrize("fresh", [0.0, 0.25, 1.0])
def test_new_paint_covers_old_paint_as_far_as_it_is_fresh(fresh: float) -> None:
    scene, cameras = lift_to_stage(grey_picture(), CAMERA), track("pan-right:50")
    surfaces, (plain,), (once,) = painted(scene, cameras, 2, pure(RED))
    blue = pure(RED.flip(0), fresh)
    twice = repaint(once, plain, surfaces[0], cameras[1:2], blue, torch.ones(1, *SIZE[::-1]))
    new = (layers_of(once)[5] == 0) & (layers_of(twice)[5] == 1)
    assert new.any()
    torch.testing.assert_close(layers_of(twice)[2, new], torch.ones(int(new.sum())))
    mixed = layers_of(twice)[2] * (layers_of(once)[5] == 1)
    reached = mixed > 0
    assert reached.any() == (fresh > 0)
    torch.testing.assert_close(mixed[reached], torch.full((int(reached.sum()),), fresh))


def test_no_change_says_only_that_it_is_known_now() -> None:
    scene, cameras = lift_to_stage(grey_picture(), CAMERA), track("pan-right:50")
    unchanged = Paint(torch.zeros(3, *SIZE[::-1]), torch.zeros(1, *SIZE[::-1]))
    _, (before,), (after,) = painted(scene, cameras, 2, unchanged)
    torch.testing.assert_close(layers_of(after)[:5], layers_of(before), atol=1e-5, rtol=0)
    assert layers_of(after)[5].sum() > 0


def test_what_stands_before_it_hides_a_relief_from_the_paint() -> None:
    """A wall with a near box: the camera moves aside and paints what it sees. From the scene's own
    camera the paint lies nowhere in the picture, on neither layer."""
    depth = torch.full((90, 140), 3.0)
    depth[20:90, 50:90] = 1.0
    scene = lift_with_depth(grey_picture(), CAMERA, depth)
    cameras = track("truck-right:0.08")
    surfaces, before, after = painted(scene, cameras, 2, pure(RED))
    own, moved = (list(render_guide(cameras, surfaces, after))[n] for n in (0, 2))
    assert own.painted is not None
    assert moved.painted is not None
    assert own.painted[own.visibility > 0.999].max() < 1e-3
    hidden = list(render_guide(cameras, surfaces, before))[2].visibility[0] < 0.1
    middle = torch.zeros_like(hidden)
    middle[12:28] = True  # beside the box, where the wall behind it comes into view
    assert (hidden & middle).sum() > 20
    assert moved.painted[0][hidden & middle].mean() > 0.8
