"""People cut out of clips."""

from pathlib import Path

from torch import Tensor

from dynascene.estimators.matte.backends import BACKENDS
from dynascene.estimators.matte.finding import find_subject
from dynascene.estimators.matte.job import finished_mattes
from dynascene.estimators.matte.options import MatteOptions

from ..api import CATEGORY, io
from ..console import Console
from ..pictures import frames_of, mask_of

BEST = "best at hand"
CLIP = Path("frames")  # as messages name it


class Matte(io.ComfyNode):
    """The matte of the most prominent person, or of one of a number."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneMatte",
            display_name="Matte",
            category=CATEGORY,
            description="Cuts a person out of a clip.",
            inputs=[
                io.Image.Input("frames"),
                io.Combo.Input("backend", options=[BEST, *BACKENDS], default=BEST),
                io.Int.Input(
                    "subject", default=-1, min=-1, tooltip="Number of the person; -1: the main one."
                ),
            ],
            outputs=[io.Mask.Output(display_name="matte")],
        )

    @classmethod
    def execute(cls, frames: Tensor, backend: str, subject: int) -> io.NodeOutput:
        source = frames_of(frames)
        name = None if backend == BEST else backend
        choice = None if subject < 0 else subject
        MatteOptions(backend=name, choice=choice).check(CLIP, source)
        matter, small, place = find_subject(CLIP, source, name, choice, Console())
        mattes = (matte for _, matte in finished_mattes(source, small, matter, place))
        return io.NodeOutput(mask_of(mattes))
