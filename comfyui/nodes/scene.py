"""Places from pictures."""

import tempfile
from pathlib import Path

from torch import Tensor

from dynascene import InputError, PlaceInput
from dynascene.generation.names import PLACES
from dynascene.generation.place_input import assumed_fov, check_upright_within
from dynascene.generation.place_request import uprights_from_text
from dynascene.generation.place_shape import Lens, PlacePicture, shape_place
from dynascene.geometry.intrinsics import focal_from_fov
from dynascene.jobs.log import Log

from ..api import CATEGORY, Place, io
from ..console import Console
from ..pictures import frames_of

BY_EVIDENCE = "by the picture"


class Scene(io.ComfyNode):
    """A picture in 2.5-D."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneScene",
            display_name="Scene",
            category=CATEGORY,
            description="Lifts the picture of a place to 2.5-D.",
            inputs=[
                io.Image.Input("picture"),
                io.Combo.Input("place", options=[BY_EVIDENCE, *PLACES], default=BY_EVIDENCE),
                io.Float.Input(
                    "fov",
                    default=0.0,
                    min=0.0,
                    max=170.0,
                    step=0.01,
                    tooltip="Horizontal, in degrees; 0: unknown, 60 along the longer side.",
                ),
                io.Boolean.Input("estimate_horizon", default=True),
                io.Float.Input(
                    "horizon",
                    default=0.5,
                    min=-2.0,
                    max=3.0,
                    step=0.01,
                    tooltip="Its height, 0: top, 1: bottom; where it is not estimated.",
                ),
                io.String.Input(
                    "upright",
                    default="",
                    multiline=True,
                    optional=True,
                    tooltip="Things that stand: X0,Y0,X1,Y1 of a box around each, in pixels of the "
                    "picture, one a line.",
                ),
                io.Image.Input("depth", optional=True, tooltip="Larger is farther, and none is 0."),
            ],
            outputs=[Place.Output(display_name="scene")],
        )

    @classmethod
    def execute(
        cls,
        picture: Tensor,
        place: str,
        fov: float,
        estimate_horizon: bool,
        horizon: float,
        upright: str = "",
        depth: Tensor | None = None,
    ) -> io.NodeOutput:
        source = frames_of(picture)
        if len(source) != 1:
            raise InputError(f"`picture`: {len(source)} pictures; give one")
        given = PlaceInput(
            scene=Path("picture"),
            horizon=None if estimate_horizon else horizon,
            place=None if place == BY_EVIDENCE else place,
            upright=uprights_from_text(upright),
        )
        if depth is not None and given.upright:
            raise InputError("`upright` and `depth`: give one; by a depth map all things stand")
        for box in given.upright:
            check_upright_within(box, source.size)
        lens = Lens(focal_from_fov(fov or assumed_fov(source.size, None), source.size), fov > 0)
        pixels, exact = next(source.read()), next(source.read_floats())
        lifted = PlacePicture(given, pixels, lens, Log(Console()), exact)
        distances = None if depth is None else frames_of(depth).pixels[0].mean(dim=-1).cpu()
        with tempfile.TemporaryDirectory() as folder:  # of a depth map, where a network finds one
            scene = shape_place(lifted, distances, Path(folder)).scene
        return io.NodeOutput(scene)
