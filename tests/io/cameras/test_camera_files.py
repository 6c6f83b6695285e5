"""Files as their makers publish them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.io.cameras import CameraDefaults, detect_format, read_cameras
from dynascene.types import Size

DATA = Path(__file__).parents[3] / "../shared/data"
PATTERNS = {
    "traj/humanvid/*.txt": "humanvid",
    "traj/named/*.txt": "re10k",
    "traj/motionctrl/*.json": "motionctrl",
    "re10k/poses/*.txt": "re10k",
    "re10k_long/*.json": "camera_info",
}
FILES = [(path, name) for glob, name in PATTERNS.items() for path in sorted(DATA.glob(glob))]

pytestmark = pytest.mark.skipif(not FILES, reason="the shared test data are not here")


@pytest.mark.parametrize(("path", "name"), FILES, ids=[path.name for path, _ in FILES])
def test_every_file_is_recognised(path: Path, name: str) -> None:
    assert detect_format(path) == name
    if path.parent.name == "named" and mirrors(path):
        with pytest.raises(InputError, match=r"\.txt:2: matrix mirrors"):
            read_cameras(path)
    else:
        assert len(read_cameras(path)) > 1


def mirrors(path: Path) -> bool:
    """Some published moves hold reflections (determinant −1), which no camera can do."""
    pose = np.array(path.read_text(encoding="utf-8").splitlines()[1].split()[7:], float).reshape(
        3, 4
    )
    return np.linalg.det(pose[:, :3]) < 0


def test_humanvid_against_the_columns() -> None:
    path = DATA / "traj/humanvid/12169435.txt"
    columns = np.loadtxt(path)
    track = read_cameras(path, defaults=CameraDefaults(size=Size(1080, 1920)))
    assert len(track) == len(columns)
    centres = torch.linalg.inv(track.cam_from_world)[:, :3, 3]
    np.testing.assert_allclose(centres, columns[:, 1:4] * columns[:, 10:], atol=1e-9)
    np.testing.assert_allclose(track.intrinsics[:, 0, 0], columns[:, 8] * 1080)
    np.testing.assert_allclose(track.intrinsics[:, 1, 1], columns[:, 9] * 1920)


def test_zoom_in_moves_the_camera_ahead() -> None:
    """The maker's name for it, as a check that the matrices are world → camera."""
    track = read_cameras(DATA / "traj/named/zoom in.txt")
    centres = torch.linalg.inv(track.cam_from_world)[:, :3, 3]
    assert (centres[:, 2].diff() > 0).all()
