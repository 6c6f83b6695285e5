"""A camera of your own: keys of a move in Python, through a picture, to a video.

python examples/own_camera.py PICTURE OUT
"""

import sys
import tempfile
from pathlib import Path

from dynascene import CameraInput, GenerationOptions, GenerationRequest, PlaceInput, Size, make_clip
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.keyframes import Keyframe, track_from_keyframes
from dynascene.io.cameras import write_cameras

# degrees, and lengths in track units: 1 is how far away the place is at the median
KEYS = (
    Keyframe(0.0, {"pan": -8.0}),
    Keyframe(0.5, {"pan": 4.0, "forward": 0.15}),
    Keyframe(1.0, {"pan": 12.0, "forward": 0.3, "roll": 2.0}),
)


def fly_through(picture: Path, out: Path, frames: int, size: Size) -> Path:
    """The place alone, seen by a camera that follows ``KEYS``."""
    track = track_from_keyframes(KEYS, frames, intrinsics_from_fov(50, size), size)
    with tempfile.TemporaryDirectory() as folder:
        cameras = Path(folder) / "cameras.txt"
        write_cameras(track, cameras, "re10k")
        request = GenerationRequest(
            place=PlaceInput(scene=picture),
            camera=CameraInput(cameras=str(cameras), camera_scale=1.0),
            options=GenerationOptions(generator="projection", size=size),
        )
        return make_clip(request, out)


if __name__ == "__main__":
    print(fly_through(Path(sys.argv[1]), Path(sys.argv[2]), frames=72, size=Size(768, 432)))
