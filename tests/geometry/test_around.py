"""A panorama as the place: every direction shows its own column and row."""

import math

import numpy as np
import pytest
import torch

from dynascene.generation.scene_memory import SceneMemory
from dynascene.geometry.around import flat_camera, flat_view, lift_panorama
from dynascene.geometry.framing import Framing, find_framing, place_track, seen_share
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.panorama import PanoramaWindow
from dynascene.io.panoramas import full_panorama
from dynascene.types import CameraTrack, Size

SIZE = Size(512, 256)
FRAME = Size(64, 36)


def panorama(size: Size = SIZE) -> torch.Tensor:
    """[3, H, W]: sine and cosine of the azimuth, and the height."""
    x = (torch.arange(size.width) + 0.5) / size.width * 2 * torch.pi - torch.pi
    y = (torch.arange(size.height) + 0.5) / size.height
    rows = [x.sin().expand(size.height, -1), x.cos().expand(size.height, -1)]
    return torch.stack([*(row / 2 + 0.5 for row in rows), y[:, None].expand(-1, size.width)])


def turned(degrees: float, frames: int) -> CameraTrack:
    return make_move(f"pan-right:{degrees}", frames, intrinsics_from_fov(60, FRAME), FRAME)


def azimuths(track: CameraTrack) -> np.ndarray:
    """Of the middle of each frame, in degrees, as the place's colours tell it."""
    camera = flat_camera(full_panorama(SIZE))
    memory = SceneMemory(lift_panorama(panorama(), camera), track)
    middle = [f.colour[:2, 16:20, 30:34].mean(dim=(1, 2)) * 2 - 1 for f in memory.render(track)]
    return np.degrees([math.atan2(*colour.tolist()) for colour in middle])


def test_a_full_turn_shows_all_around() -> None:
    track = turned(360, 9)
    x, _, z = track.cam_from_world[:, 2, :3].unbind(-1)  # the view axis in the world
    expected = torch.rad2deg(torch.atan2(x, z)).numpy()
    assert np.abs((azimuths(track) - expected + 180) % 360 - 180).max() < 1.5
    assert azimuths(turned(90, 2))[-1] == pytest.approx(90, abs=1.5)  # to the right


def test_everything_is_seen_and_the_view_stays_ahead() -> None:
    scene = lift_panorama(panorama(), flat_camera(full_panorama(SIZE)))
    track = turned(360, 9)
    assert seen_share(place_track(track, Framing(0, 0)), scene) == 1
    assert find_framing(track, scene).yaw == 0


def test_the_flat_view_is_a_pinhole_ahead() -> None:
    camera = flat_camera(full_panorama(SIZE))
    view = flat_view(panorama(), camera)
    assert view.shape[1:] == camera.size[::-1]
    row = view[:2, camera.size.height // 2] * 2 - 1
    columns = torch.arange(camera.size.width) + 0.5 - camera.size.width / 2
    expected = torch.atan(columns / camera.focal)
    torch.testing.assert_close(torch.atan2(row[0], row[1]), expected, rtol=0, atol=0.01)


def test_part_of_a_panorama_hides_the_rest() -> None:
    window = PanoramaWindow(0.0, math.pi / 2, -math.pi / 6, math.pi / 6, SIZE.width / math.pi)
    camera = flat_camera(window)
    directions = torch.tensor([[0.0, 0, 1], [0.9, 0, 0.1], [-0.9, 0, -0.1], [0, 1, 0.1]])
    assert camera.pixels_from_directions(directions)[1].tolist() == [True, True, False, False]
    track = turned(360, 9)
    memory = SceneMemory(lift_panorama(panorama(Size(512, 170)), camera), track)
    shown = [float(frame.visibility.mean()) for frame in memory.render(track)]
    assert shown[0] > 0.9
    assert min(shown) < 0.05
