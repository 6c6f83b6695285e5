"""The pose stage: gives clips the body pose of their person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dynascene.body_pose import BodyPose
from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.clip_frames import frames_of
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.person.subject import EqualPeople
from dynascene.estimators.pose.job import estimate_pose
from dynascene.estimators.pose.people import NAME
from dynascene.estimators.weights import has_weights
from dynascene.io.mattes import open_matte
from dynascene.io.poses.openpose import write_openpose
from dynascene.types import FrameSource

SKELETON = "skeleton.json"
AROUND = 0.04  # of the frame's height, by which joints may lie beside the matte
PERSON = 128  # of the matte: what counts as person


@dataclass(frozen=True)
class PoseConfig:
    """Settings of the pose stage.

    Attributes:
        least_visible: of the joints over all frames, the share that must be seen.
        most_off: of the joints that are seen, the share that may lie off the matte, which is
            widened by ``AROUND``.
    """

    least_visible: float = 0.3
    most_off: float = 0.5


@dataclass(frozen=True)
class PoseStage:
    """Reads the pose of the clip's most prominent person, and drops clips where little is seen, or
    where the matte shows somebody else.

    Files: ``skeleton``: ``skeleton.json``, one pose for each of the clip's frames.
    Codes: nobody, two-people, hidden, somebody-else.
    Values: visible, and with a matte off.

    Raises:
        MissingWeights: at the first call, where weights are damaged.
    """

    config: PoseConfig = PoseConfig()
    name = "pose"
    version = 2
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            pose = estimate_pose(clip.video, frames_of(clip), Quiet())
        except EqualPeople as error:
            return [rejected_by(clip, self.name, "two-people", error)]
        except InputError as error:
            return [rejected_by(clip, self.name, "nobody", error)]
        visible = float(pose.visible.mean())
        clip = clip.with_values(self.name, visible=visible)
        if visible < self.config.least_visible:
            reason = f"{visible:.0%} of the joints are seen, {self.config.least_visible:.0%} wanted"
            return [clip.rejected(self.name, "hidden", reason, visible)]
        if "matte" in clip.files:
            off = share_off(pose, open_matte(folder / clip.files["matte"]))
            clip = clip.with_values(self.name, off=off)
            if off > self.config.most_off:
                most = f"{self.config.most_off:.0%}"
                reason = f"{off:.0%} of the joints lie off the matte, {most} at most"
                return [clip.rejected(self.name, "somebody-else", reason, off)]
        write_openpose(pose, folder / SKELETON)
        return [clip.with_files(skeleton=SKELETON)]


def share_off(pose: BodyPose, matte: FrameSource) -> float:
    """Of the joints that are seen, the share that lies off the person of a matte, 0 … 1.

    Args:
        pose: F frames.
        matte: F frames [H, W, 1], 255 = person.
    """
    width, height = matte.size
    reach = 2 * round(AROUND * height) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    off = total = 0
    for points, visible, person in zip(pose.points, pose.visible, matte.read(), strict=True):
        wide = cv2.dilate(np.ascontiguousarray(person[..., 0]), around)
        column, row = np.floor(points[visible]).astype(int).T
        off += int((wide[row.clip(0, height - 1), column.clip(0, width - 1)] < PERSON).sum())
        total += int(visible.sum())
    return off / total


def pose_config_at_hand() -> PoseConfig:
    """The default settings.

    Raises:
        InputError: the network's weights are not in the cache.
    """
    if not has_weights(NAME):
        raise InputError(
            f"`poses`: the weights of {NAME} are not here; fetch them by 'dynascene weights {NAME}'"
        )
    return PoseConfig()
