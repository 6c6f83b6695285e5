"""Poses of people in clips."""

from torch import Tensor

from dynascene.estimators.pose.job import estimate_pose
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.poses.openpose import openpose_frames

from ..api import CATEGORY, PoseKeypoints, io
from ..console import Console
from ..pictures import frames_of, image_of
from .matte import CLIP


class Pose(io.ComfyNode):
    """The poses of the main person of a clip."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynascenePose",
            display_name="Pose",
            category=CATEGORY,
            description="Finds the poses of a person, as drawn skeletons and as key points.",
            inputs=[io.Image.Input("frames")],
            outputs=[
                io.Image.Output(display_name="skeletons"),
                PoseKeypoints.Output(display_name="keypoints"),
            ],
        )

    @classmethod
    def execute(cls, frames: Tensor) -> io.NodeOutput:
        pose = estimate_pose(CLIP, frames_of(frames), Console())
        skeletons = image_of(draw_skeleton(pose, number) for number in range(len(pose)))
        return io.NodeOutput(skeletons, openpose_frames(pose))
