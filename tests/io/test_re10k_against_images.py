"""RealEstate10K poses against their pictures: matched points must lie on epipolar lines."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from dynascene.geometry.epipolar import epipolar_distance, fundamental_matrix
from dynascene.geometry.rigid import invert_rigid
from dynascene.geometry.tracks import relative_track, world_down
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.types import Size

CLIPS = Path(__file__).parents[2] / ".." / "shared" / "data" / "re10k"
POSES = sorted((CLIPS / "poses").glob("*.txt"))
FIRST, SECOND = 0, 5

pytestmark = pytest.mark.skipif(not POSES, reason="the RealEstate10K clips are not at hand")


def grey_frames(video: Path, *wanted: int) -> list[np.ndarray]:
    with av.open(str(video)) as container:
        frames = list(container.decode(video=0))
    return [frames[index].to_ndarray(format="gray") for index in wanted]


def matches(a: np.ndarray, b: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Points [N, 2] in both pictures that are each other's best match by far."""
    sift = cv2.SIFT_create(4000, contrastThreshold=0.01)  # compressed frames have weak corners
    (points_a, codes_a), (points_b, codes_b) = (sift.detectAndCompute(x, None) for x in (a, b))
    best_of_b = {m.queryIdx: m.trainIdx for m in cv2.BFMatcher().match(codes_b, codes_a)}
    pairs = [
        best
        for best, second in cv2.BFMatcher().knnMatch(codes_a, codes_b, k=2)
        if best.distance < 0.7 * second.distance and best_of_b[best.trainIdx] == best.queryIdx
    ]
    # OpenCV puts the centre of the first pixel at 0, the project at 0.5
    return (
        torch.tensor([points_a[m.queryIdx].pt for m in pairs], dtype=torch.float64) + 0.5,
        torch.tensor([points_b[m.trainIdx].pt for m in pairs], dtype=torch.float64) + 0.5,
    )


def median_errors(poses: Path) -> tuple[float, float]:
    """Median epipolar distance in pixels, poses as read and poses inverted."""
    a, b = grey_frames(CLIPS / "videos" / f"{poses.stem}.mp4", FIRST, SECOND)
    size = Size(a.shape[1], a.shape[0])
    track = read_cameras(poses, "re10k", CameraDefaults(size=size))
    points_a, points_b = matches(a, b)
    assert len(points_a) > 20

    def median(cam_from_world: torch.Tensor) -> float:
        fundamental = fundamental_matrix(
            cam_from_world[FIRST],
            cam_from_world[SECOND],
            track.intrinsics[FIRST],
            track.intrinsics[SECOND],
        )
        return epipolar_distance(fundamental, points_a, points_b).median().item()

    return median(track.cam_from_world), median(invert_rigid(track.cam_from_world))


@pytest.mark.parametrize("poses", POSES, ids=lambda path: path.stem)
def test_poses_are_world_to_camera(poses):
    as_read, inverted = median_errors(poses)
    assert as_read < 1
    assert inverted > 3
    assert inverted > 8 * as_read


@pytest.mark.parametrize("poses", POSES, ids=lambda path: path.stem)
def test_down_is_found_from_the_habit_of_not_rolling(poses):
    track = relative_track(read_cameras(poses, "re10k", CameraDefaults(size=Size(384, 256))))
    down, confidence = world_down(track)
    roll = torch.rad2deg(torch.asin(track.cam_from_world[:, 0, :3] @ down))
    assert roll.abs().max() < 1.5
    assert 0.3 < confidence < 1
