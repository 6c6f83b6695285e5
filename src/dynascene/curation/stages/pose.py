"""The pose stage: gives clips the body pose of their person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dynascene.curation.clip import Clip
from dynascene.curation.faults import rejected_by
from dynascene.curation.stages.clip_frames import frames_of
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.pose.job import estimate_pose
from dynascene.estimators.pose.people import NAME
from dynascene.estimators.weights import has_weights
from dynascene.io.poses.openpose import write_openpose

SKELETON = "skeleton.json"


@dataclass(frozen=True)
class PoseConfig:
    """Settings of the pose stage.

    Attributes:
        least_visible: of the joints over all frames, the share that must be seen.
    """

    least_visible: float = 0.3


@dataclass(frozen=True)
class PoseStage:
    """Reads the pose of the clip's most prominent person, and drops clips where little is seen.

    Files: ``skeleton``: ``skeleton.json``, one pose for each of the clip's frames.
    Codes: nobody, hidden.
    Values: visible.

    Raises:
        MissingWeights: at the first call, where weights are damaged.
    """

    config: PoseConfig = PoseConfig()
    name = "pose"
    version = 1
    processors = 1.0
    accelerators = 0.0

    def __call__(self, clip: Clip, folder: Path) -> Sequence[Clip]:
        try:
            pose = estimate_pose(clip.video, frames_of(clip), Quiet())
        except InputError as error:
            return [rejected_by(clip, self.name, "nobody", error)]
        visible = float(pose.visible.mean())
        clip = clip.with_values(self.name, visible=visible)
        if visible < self.config.least_visible:
            reason = f"{visible:.0%} of the joints are seen, {self.config.least_visible:.0%} wanted"
            return [clip.rejected(self.name, "hidden", reason, visible)]
        write_openpose(pose, folder / SKELETON)
        return [clip.with_files(skeleton=SKELETON)]


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
