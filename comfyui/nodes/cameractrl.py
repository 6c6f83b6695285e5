"""CAMERACTRL_POSES, as AnimateDiff-Evolved and others take them: rows of RealEstate10K."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dynascene import CameraTrack, Size
from dynascene.geometry.tracks import in_track_units, scale_of
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.cameras.re10k import re10k_rows
from dynascene.io.cameras.rows import write_rows

from ..api import CATEGORY, LARGEST, Camera, CameraCtrlPoses, io
from ..console import Console


class CameraToCameraCtrl(io.ComfyNode):
    """A camera for nodes of CameraCtrl."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneCameraToCameraCtrl",
            display_name="Camera to CameraCtrl",
            category=CATEGORY,
            description="A camera as CAMERACTRL_POSES.",
            inputs=[Camera.Input("camera")],
            outputs=[CameraCtrlPoses.Output(display_name="poses")],
        )

    @classmethod
    def execute(cls, camera: CameraTrack) -> io.NodeOutput:
        return io.NodeOutput(re10k_rows(camera))


class CameraFromCameraCtrl(io.ComfyNode):
    """A camera from nodes of CameraCtrl."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneCameraFromCameraCtrl",
            display_name="Camera from CameraCtrl",
            category=CATEGORY,
            description="CAMERACTRL_POSES as a camera, in the world of its first pose.",
            inputs=[
                CameraCtrlPoses.Input("poses"),
                io.Int.Input("width", default=832, min=16, max=LARGEST),
                io.Int.Input("height", default=480, min=16, max=LARGEST),
                io.Float.Input(
                    "scale",
                    default=0.0,
                    min=0.0,
                    max=1e9,
                    step=0.001,
                    tooltip="Track units per unit of the poses; 0: unknown.",
                ),
            ],
            outputs=[Camera.Output(display_name="camera")],
        )

    @classmethod
    def execute(
        cls, poses: Sequence[Sequence[float]], width: int, height: int, scale: float
    ) -> io.NodeOutput:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "poses.txt"  # its reader checks what a pose is
            write_rows(path, [list(map(float, row)) for row in poses], first_line="poses")
            defaults = CameraDefaults(size=Size(width, height))
            track = read_cameras(path, "re10k", defaults, Console().notice)
        return io.NodeOutput(in_track_units(track, scale_of(track, scale or None)))
