"""The demonstration: everything is made here, nothing is downloaded."""

import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np

from dynascene.display import Display
from dynascene.generation.job import make_clip
from dynascene.generation.request import (
    CameraInput,
    GenerationRequest,
    PersonInput,
    PlaceInput,
)
from dynascene.io.cameras import write_cameras
from dynascene.io.video_writing import ProResWriter
from dynascene.synthetic.shots.demo_shot import DEMO_SIZE, demo_shot
from dynascene.types import Size

SCENE_HORIZON = 0.37  # the lake's far shore in the photograph
# The photograph was taken from a terrace above the tree tops, in the metres of the person's clip.
TERRACE_HEIGHT = 6.0


def demo_scene() -> Path:
    """A temple by a lake, photographed by danielbuechele, CC-BY 2.0; it lies in the package."""
    return Path(str(files("dynascene.generation") / "demo_picture" / "temple.jpg"))


def write_demo_shot(folder: Path, frames: int = 72, size: Size = DEMO_SIZE) -> tuple[Path, Path]:
    """Render a walking person; their video with alpha and their camera file, in ``folder``."""
    person, cameras = folder / "person.mov", folder / "person-cameras.txt"
    colour, matte, track = demo_shot(frames, size)
    write_cameras(track, cameras, "re10k")
    with ProResWriter(person, colour.size, colour.frame_rate) as writer:
        for frame, alpha in zip(colour.read(), matte.read(), strict=True):
            writer.write(np.concatenate([frame, alpha], axis=2))
    return person, cameras


def run_demo(out: Path, display: Display, frames: int = 72) -> Path:
    """Render a walking person with a moving camera and put them into the photograph.

    Leaves what a user would bring (person, cameras) in ``out`` beside the results.
    """
    with tempfile.TemporaryDirectory() as folder:
        with display.stage("person", 1):
            person, cameras = write_demo_shot(Path(folder), frames)
        request = GenerationRequest(
            place=PlaceInput(scene=demo_scene(), horizon=SCENE_HORIZON),
            person=PersonInput(person=person),
            camera=CameraInput(cameras=str(cameras), camera_height=TERRACE_HEIGHT),
        )
        return make_clip(request, out, display, keep=(person, cameras))
