"""Backgrounds along cameras."""

from typing import get_args

from torch import Tensor

from dynascene import CameraTrack, GenerationOptions, InputError, Shot
from dynascene.generation.clip import DEFAULT_GENERATOR
from dynascene.generation.names import GeneratorName
from dynascene.geometry.lifting import LiftedScene

from ..api import CATEGORY, Camera, Place, io
from ..background import framing_input, make_background, size_inputs, size_or_cameras
from ..pictures import image_of, mask_of, person_frames
from .projection import ANY_RATE


class Generate(io.ComfyNode):
    """A background, made by a generator of the library."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneGenerate",
            display_name="Generate",
            category=CATEGORY,
            description="Makes the background of a shot: what the picture lacks is painted.",
            inputs=[
                Camera.Input("camera"),
                Place.Input("scene"),
                *size_inputs(),
                framing_input(),
                io.Combo.Input(
                    "generator", options=[*get_args(GeneratorName)], default=DEFAULT_GENERATOR
                ),
                io.Int.Input("seed", default=0, min=0, max=2**63 - 1),
                io.Int.Input(
                    "steps", default=0, min=0, max=1000, tooltip="0: as suits the weights."
                ),
                io.String.Input(
                    "weights", default="", tooltip="Name or folder; empty: the bundled ones."
                ),
                io.Image.Input("person", optional=True),
                io.Mask.Input("matte", optional=True),
            ],
            outputs=[
                io.Image.Output(display_name="background"),
                io.Mask.Output(display_name="visibility"),
                Camera.Output(display_name="camera", tooltip="In the scene's world."),
            ],
        )

    @classmethod
    def execute(
        cls,
        camera: CameraTrack,
        scene: LiftedScene,
        width: int,
        height: int,
        framing: str,
        generator: str,
        seed: int,
        steps: int,
        weights: str,
        person: Tensor | None = None,
        matte: Tensor | None = None,
    ) -> io.NodeOutput:
        options = GenerationOptions(
            generator=generator,
            size=size_or_cameras(width, height),
            framing=framing,
            seed=seed,
            steps=steps or None,
            weights=weights.strip() or None,
        )
        clip = make_background(_shot(camera, person, matte), scene, options)
        frames = list(clip.frames())
        background = image_of(frame.exact_background for frame in frames)
        visibility = mask_of(frame.visibility for frame in frames)
        return io.NodeOutput(background, visibility, clip.track)


def _shot(camera: CameraTrack, person: Tensor | None, matte: Tensor | None) -> Shot:
    if person is None and matte is None:
        return Shot(None, None, camera, ANY_RATE)
    if person is None or matte is None:
        raise InputError("`person` and `matte`: give both, or none of them")
    return Shot(*person_frames(person, matte), camera, ANY_RATE)
