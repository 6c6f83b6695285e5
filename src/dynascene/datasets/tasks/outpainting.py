"""Background outpainting (BO, stage I): complete a picture of which a part is missing."""

from collections.abc import Sequence

import numpy as np

from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.tasks.holes import SHAPES, Shape, random_hole
from dynascene.datasets.tasks.people import BLACK, DILATION, person_region
from dynascene.datasets.tasks.pieces import one_frame, training_cameras
from dynascene.datasets.tasks.sample import TrainingSample
from dynascene.imaging.pixels import mask_like, signed_values, unit_values

MASKED = (0.2, 0.5)  # of the frame; the paper's section on its training tasks


def outpainting(
    clip: FilmedClip,
    rng: np.random.Generator,
    *,
    masked: tuple[float, float] = MASKED,
    shapes: Sequence[Shape] = SHAPES,
    dilation: float = DILATION,
) -> TrainingSample:
    """A random frame with a hole is the scene; the whole frame is the target. F = 1.

    What remains of the frame is part of the input: the matte is 1 there and 0 in the hole, the
    foreground 0 everywhere. The hole is 0 (mid-grey) and not visible. Somebody in the frame is
    black, not visible, not part of the input and not part of the loss; inside the hole nothing
    shows where they are.

    Args:
        masked: the hole's least and largest share of the frame.
    """
    piece = one_frame(clip, rng)
    frame = signed_values(piece.video[0])
    hole = random_hole(rng, *frame.shape[-2:], rng.uniform(*masked), shapes).to(frame.device)
    person = person_region(unit_values(piece.matte[0]), dilation)
    visible = ~(hole | person)
    cameras, scene_camera = training_cameras(piece, piece.cameras)
    return TrainingSample(
        task="outpainting",
        video=piece.video,
        matte=mask_like(visible[None], piece.matte),
        has_foreground=False,
        scene_image=frame.masked_fill(person, BLACK).masked_fill(hole, 0),
        scene_visibility=visible.to(frame.dtype),
        cam_from_world=cameras.cam_from_world,
        intrinsics=cameras.intrinsics,
        loss_mask=mask_like(~person[None], piece.matte),
        scene_camera=scene_camera,
        has_camera=clip.has_camera,
        inputs=piece.inputs,
    )
