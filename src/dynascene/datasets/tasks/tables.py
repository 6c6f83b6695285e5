"""The paper's mixes of tasks, by stage and by row of its tables.

The paper gives the three tasks of stage I equal probability and names those of stage II; that
stage II weighs its tasks equally too is assumed, as is that illumination adjustment, which its
tables do not vary, belongs to every row.
"""

from collections.abc import Mapping
from dataclasses import replace

from dynascene.datasets.tasks.mix import TaskMix

# Not in the paper; its Figure 10 shows what the network does without a camera, so it has met that.
NULL_CAMERA = 0.05

# §5: RealEstate10K, where nobody is, trains outpainting and variation; the human clips train
# background generation.
STAGE_ONE = TaskMix(
    with_person={"image_background": 1},
    without_person={"outpainting": 1, "image_variation": 1},
    null_camera=NULL_CAMERA,
)
STAGE_TWO = TaskMix(
    with_person={"video_background": 1, "illumination": 1},
    without_person={"video_variation": 1},
    null_camera=NULL_CAMERA,
)
# Table 4: everything at once, all weights trained
SINGLE_STAGE = TaskMix(
    with_person={**STAGE_ONE.with_person, **STAGE_TWO.with_person},
    without_person={**STAGE_ONE.without_person, **STAGE_TWO.without_person},
    null_camera=NULL_CAMERA,
)
# ActAnywhere has no camera input; its mattes are augmented, how often is not published
ACTANYWHERE = TaskMix(with_person={"condition_frame": 1}, null_camera=1, matte_errors=0.5)

Stages = tuple[TaskMix, ...]

TWO_STAGES: Stages = (STAGE_ONE, STAGE_TWO)
_VARIATION = ("image_variation", "video_variation")
WITHOUT_VARIATION: Stages = tuple(stage.without(*_VARIATION) for stage in TWO_STAGES)
CAMERA_CONTROL: Stages = tuple(stage.without("outpainting") for stage in WITHOUT_VARIATION)
BASELINE: Stages = tuple(replace(stage, null_camera=1) for stage in CAMERA_CONTROL)

# Table 3, each row with all of the rows above it.      L1e-5  PSNR   SSIM  LPIPS FID    FVD (I3D)
TABLE_3: Mapping[str, Stages] = {
    "baseline": BASELINE,  #                                8.51   28.99  .495  .364  98.63  59.32
    "+CC": CAMERA_CONTROL,  # camera control                8.41   29.10  .500  .359  97.84  58.09
    "+BO": WITHOUT_VARIATION,  # background outpainting     8.34   29.06  .503  .360  96.73  56.73
    "+SV": TWO_STAGES,  # scene variation: the whole        8.12   29.27  .506  .354  96.18  55.84
}
# Table 4
TABLE_4: Mapping[str, Stages] = {
    "single-stage": (SINGLE_STAGE,),  #                     8.28   29.09  .501  .357  98.44  57.54
    "two-stage": TWO_STAGES,  #                             8.12   29.27  .506  .354  96.18  55.84
}
