"""Cameras by name."""

from dynascene import Size
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import describe_moves, make_move

from ..api import CATEGORY, FRAME_RATE, LARGEST, Camera, io


class Move(io.ComfyNode):
    """A named move."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneMove",
            display_name="Move",
            category=CATEGORY,
            description=describe_moves(),
            inputs=[
                io.String.Input(
                    "move",
                    default="pan-right:20",
                    tooltip="NAME, NAME:AMOUNT or NAME:AMOUNT:EASING; several are joined by +.",
                ),
                io.Int.Input("frames", default=81, min=1, max=10_000),
                io.Int.Input("width", default=832, min=16, max=LARGEST),
                io.Int.Input("height", default=480, min=16, max=LARGEST),
                io.Float.Input(
                    "fov",
                    default=50.0,
                    min=1.0,
                    max=170.0,
                    step=0.01,
                    tooltip="Horizontal, in degrees.",
                ),
                io.Int.Input("seed", default=0, min=0, tooltip="Of the handheld shake."),
                io.Float.Input("frame_rate", default=FRAME_RATE, min=0.01, max=1000.0, step=0.001),
            ],
            outputs=[Camera.Output(display_name="camera")],
        )

    @classmethod
    def execute(
        cls,
        move: str,
        frames: int,
        width: int,
        height: int,
        fov: float,
        seed: int,
        frame_rate: float,
    ) -> io.NodeOutput:
        size = Size(width, height)
        lens = intrinsics_from_fov(fov, size)
        track = make_move(move, frames, lens, size, seed=seed, frame_rate=frame_rate)
        return io.NodeOutput(track)
