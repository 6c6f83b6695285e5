"""Layers for compositing programs."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
from torch import Tensor

from dynascene import CameraTrack, Shot
from dynascene.generation.clip import GeneratedClip, GeneratedFrame
from dynascene.generation.finishing import finished_frames
from dynascene.generation.layers import NAMES, check_layers, open_layers
from dynascene.generation.look.clip_look import ClipLook
from dynascene.generation.subject import CleanEdges
from dynascene.geometry.framing import Framing
from dynascene.geometry.lifting import LiftedScene
from dynascene.imaging.pixels import stored_bytes
from dynascene.io.atomic import replacing

from ..api import CATEGORY, FRAME_RATE, Camera, Place, io
from ..files import new_output_path
from ..pictures import TensorFrames, check_length, frames_of, person_frames

NOTHING_SEEN = np.zeros((1, 1, 1), np.uint8)


class Layers(io.ComfyNode):
    """Person, background, matte and depth as files."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneLayers",
            display_name="Layers",
            category=CATEGORY,
            description="Writes layers for compositing programs into the output folder.",
            inputs=[
                io.Image.Input("person"),
                io.Mask.Input("matte", tooltip="1: the person."),
                io.Image.Input("background"),
                Camera.Input("camera", tooltip="In the scene's world, as Generate gives it."),
                Place.Input("scene"),
                io.Combo.Input("format", options=[*NAMES], default="png"),
                io.Boolean.Input(
                    "straight", default=False, tooltip="OpenEXR's colours, not times alpha."
                ),
                io.Float.Input("frame_rate", default=FRAME_RATE, min=0.01, max=1000.0, step=0.001),
                io.String.Input("name", default="dynascene/layers"),
            ],
            outputs=[io.String.Output(display_name="folder")],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls,
        person: Tensor,
        matte: Tensor,
        background: Tensor,
        camera: CameraTrack,
        scene: LiftedScene,
        format: str,
        straight: bool,
        frame_rate: float,
        name: str,
    ) -> io.NodeOutput:
        check_layers([format])
        filmed, alpha = person_frames(person, matte, frame_rate)
        behind = frames_of(background, frame_rate)
        check_length("background", len(behind), "person", len(filmed))
        shot = Shot(CleanEdges(filmed, alpha), alpha, camera, filmed.frame_rate)
        out = new_output_path(name)
        with replacing(out) as folder, ExitStack() as writers:
            folder.mkdir()
            layers = open_layers(
                [format],
                folder,
                shot,
                camera,
                scene,
                writers,
                has_shadow=False,
                is_straight=straight,
            )
            clip = _clip(behind, camera)
            for index, done in enumerate(finished_frames(shot, clip, ClipLook(), is_deep=True)):
                for write in layers:
                    write(index, done)
        return io.NodeOutput(str(out))


def _clip(background: TensorFrames, camera: CameraTrack) -> GeneratedClip:
    """A background from anywhere as a clip, of whose guide nothing is known."""

    def frames() -> Iterator[GeneratedFrame]:
        for fine in background.read_floats():
            stored = stored_bytes(fine)
            yield GeneratedFrame(stored, stored, NOTHING_SEEN, fine=fine)

    return GeneratedClip(camera, Framing(0.0, 0.0), (0.0,), frames)
