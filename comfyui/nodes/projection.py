"""Guides: the picture along a camera, and where it shows the place."""

from fractions import Fraction

from dynascene import CameraTrack, GenerationOptions, Shot
from dynascene.geometry.lifting import LiftedScene

from ..api import CATEGORY, Camera, Place, io
from ..background import framing_input, make_background, size_inputs, size_or_cameras
from ..pictures import image_of, mask_of

ANY_RATE = Fraction(24)  # no frame of a guide depends on it


class Projection(io.ComfyNode):
    """The scene along a camera, without a network."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneProjection",
            display_name="Projection",
            category=CATEGORY,
            description="Shows a scene along a camera; what the picture does not show is black.",
            inputs=[
                Camera.Input("camera"),
                Place.Input("scene"),
                *size_inputs(),
                framing_input(),
            ],
            outputs=[
                io.Image.Output(display_name="guide"),
                io.Mask.Output(display_name="visibility"),
                Camera.Output(display_name="camera", tooltip="In the scene's world."),
            ],
        )

    @classmethod
    def execute(
        cls, camera: CameraTrack, scene: LiftedScene, width: int, height: int, framing: str
    ) -> io.NodeOutput:
        size = size_or_cameras(width, height)
        options = GenerationOptions(generator="projection", size=size, framing=framing)
        clip = make_background(Shot(None, None, camera, ANY_RATE), scene, options)
        frames = list(clip.frames())
        guide = image_of(frame.guide for frame in frames)
        visibility = mask_of(frame.visibility for frame in frames)
        return io.NodeOutput(guide, visibility, clip.track)
