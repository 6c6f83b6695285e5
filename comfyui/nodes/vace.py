"""What ComfyUI's own node WanVaceToVideo takes, and its result cut to the camera again."""

import torch
from torch import Tensor

from dynascene import CameraTrack, InputError
from dynascene.generation.compositing import composite
from dynascene.generation.subject import CleanEdges

from ..api import CATEGORY, Camera, io
from ..pictures import check_length, frames_of, guide_frames, image_of, person_frames
from ..vace_frames import padded

GREY = 0.5  # what VACE paints over
SOLID = 0.95  # of the matte: softer edges hold some of the grey behind them


class VaceInputs(io.ComfyNode):
    """Guide and person as the control video of VACE."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneVaceInputs",
            display_name="VACE Inputs",
            category=CATEGORY,
            description="Control video and mask of WanVaceToVideo; 1 in the mask: to be made.",
            inputs=[
                io.Image.Input("guide"),
                io.Mask.Input("visibility"),
                io.Image.Input("person", optional=True),
                io.Mask.Input("matte", optional=True, tooltip="1: the person."),
            ],
            outputs=[
                io.Image.Output(display_name="control_video"),
                io.Mask.Output(display_name="control_masks"),
                io.Int.Output(display_name="width"),
                io.Int.Output(display_name="height"),
                io.Int.Output(display_name="length"),
            ],
        )

    @classmethod
    def execute(
        cls,
        guide: Tensor,
        visibility: Tensor,
        person: Tensor | None = None,
        matte: Tensor | None = None,
    ) -> io.NodeOutput:
        shown, seen = guide_frames(guide, visibility)
        is_given = seen.pixels >= GREY
        video = torch.where(is_given, shown.pixels, GREY)
        if (person is None) != (matte is None):
            raise InputError("`person` and `matte`: give both, or none of them")
        if person is not None and matte is not None:
            filmed, alpha = person_frames(person, matte)
            check_length("person", len(filmed), "guide", len(shown))
            if filmed.size != shown.size:
                raise InputError(
                    f"`person` is {filmed.size} and `guide` {shown.size}: render the guide in the "
                    "person's size"
                )
            clean = CleanEdges(filmed, alpha)
            parts = (source.read_floats() for source in (clean, alpha, frames_of(video)))
            video = image_of(composite(*part) for part in zip(*parts, strict=True))
            is_given = is_given | (alpha.pixels >= SOLID)
        control, masks = padded(video), padded((~is_given).to(video))[..., 0]
        length, height, width = masks.shape
        return io.NodeOutput(control, masks, width, height, length)


class CutToCamera(io.ComfyNode):
    """Frames of VACE in the number and size of the camera."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneCutToCamera",
            display_name="Cut to Camera",
            category=CATEGORY,
            description="Cuts off what VACE Inputs padded.",
            inputs=[
                io.Image.Input("frames"),
                Camera.Input("camera", tooltip="The one that Projection gives."),
            ],
            outputs=[io.Image.Output(display_name="frames")],
        )

    @classmethod
    def execute(cls, frames: Tensor, camera: CameraTrack) -> io.NodeOutput:
        source, size = frames_of(frames), camera.size
        if (
            len(source) < len(camera)
            or source.size.width < size.width
            or source.size.height < size.height
        ):
            raise InputError(
                f"`frames`: {len(source)} of {source.size}; the camera has {len(camera)} of {size}"
            )
        return io.NodeOutput(source.pixels[: len(camera), : size.height, : size.width])
