"""Cameras from clips."""

from torch import Tensor

from dynascene import InputError
from dynascene.estimators.camera import TrackingOptions, track_camera
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.geometry.tracks import in_assumed_units

from ..api import CATEGORY, Camera, io
from ..console import Console
from ..pictures import frames_of, person_frames


class Track(io.ComfyNode):
    """The camera of a clip, tracked by its background."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneTrack",
            display_name="Track",
            category=CATEGORY,
            description="Tracks the camera of a clip; the unit of its path is assumed.",
            inputs=[
                io.Image.Input("frames"),
                io.Float.Input(
                    "fov",
                    default=0.0,
                    min=0.0,
                    max=170.0,
                    step=0.01,
                    tooltip="Horizontal, in degrees; 0: estimated.",
                ),
                io.Mask.Input("matte", optional=True, tooltip="1: the person, who is ignored."),
            ],
            outputs=[
                Camera.Output(display_name="camera"),
                io.String.Output(display_name="verdict"),
            ],
        )

    @classmethod
    def execute(cls, frames: Tensor, fov: float, matte: Tensor | None = None) -> io.NodeOutput:
        source, alpha = (frames_of(frames), None) if matte is None else person_frames(frames, matte)
        focal = focal_from_fov(fov, source.size) if fov else None
        found = track_camera(source, alpha, TrackingOptions(focal), Console())
        if found.track is None:
            raise InputError(f"`frames`: the camera cannot be tracked: {'; '.join(found.reasons)}")
        verdict = "; ".join([f"{found.kind}, {found.verdict}", *found.reasons])
        return io.NodeOutput(in_assumed_units(found.track), verdict)
