"""People over backgrounds."""

from torch import Tensor

from dynascene.generation.compositing import composite, fit_background
from dynascene.generation.subject import CleanEdges
from dynascene.io.deep_frames import read_floats

from ..api import CATEGORY, io
from ..pictures import check_length, frames_of, image_of, person_frames


class Composite(io.ComfyNode):
    """The person over a background, in linear light."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneComposite",
            display_name="Composite",
            category=CATEGORY,
            description="Lays a person over a background in linear light.",
            inputs=[
                io.Image.Input("person"),
                io.Mask.Input("matte", tooltip="1: the person."),
                io.Image.Input("background"),
                io.Boolean.Input(
                    "clean_edges",
                    default=True,
                    tooltip="Takes the old background's colour from soft edges.",
                ),
            ],
            outputs=[io.Image.Output(display_name="composite")],
        )

    @classmethod
    def execute(
        cls, person: Tensor, matte: Tensor, background: Tensor, clean_edges: bool
    ) -> io.NodeOutput:
        filmed, alpha = person_frames(person, matte)
        behind = frames_of(background)
        check_length("background", len(behind), "person", len(filmed))
        colour = CleanEdges(filmed, alpha) if clean_edges else filmed
        frames = zip(*map(read_floats, (colour, alpha, behind)), strict=True)
        return io.NodeOutput(
            image_of(composite(c, a, fit_background(b, filmed.size)) for c, a, b in frames)
        )
