"""LOAD3D_CAMERA, the camera of ComfyUI's 3-D viewers."""

from collections.abc import Mapping
from typing import Any

import torch

from dynascene import CameraTrack, InputError, Size
from dynascene.io.cameras.gaps import at_places

from ..api import CATEGORY, LARGEST, Camera, Load3DCamera, io
from ..load3d_cameras import camera_from_load3d, load3d_from_camera


class CameraToLoad3D(io.ComfyNode):
    """One frame of a camera for 3-D viewers."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneCameraToLoad3D",
            display_name="Camera to Load 3D",
            category=CATEGORY,
            description="One frame of a camera as LOAD3D_CAMERA.",
            inputs=[
                Camera.Input("camera"),
                io.Int.Input("frame", default=0, min=0, max=100_000),
            ],
            outputs=[Load3DCamera.Output(display_name="camera_info")],
        )

    @classmethod
    def execute(cls, camera: CameraTrack, frame: int) -> io.NodeOutput:
        if frame >= len(camera):
            raise InputError(f"`frame` {frame}: the camera has the frames 0 to {len(camera) - 1}")
        return io.NodeOutput(load3d_from_camera(camera, frame))


class CameraFromLoad3D(io.ComfyNode):
    """A camera from one pose of a 3-D viewer, or on its way from one to another."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneCameraFromLoad3D",
            display_name="Camera from Load 3D",
            category=CATEGORY,
            description="A camera that stands at one LOAD3D_CAMERA, or moves straight to another.",
            inputs=[
                Load3DCamera.Input("start"),
                io.Int.Input("frames", default=81, min=2, max=10_000),
                io.Int.Input("width", default=832, min=16, max=LARGEST),
                io.Int.Input("height", default=480, min=16, max=LARGEST),
                Load3DCamera.Input("end", optional=True),
            ],
            outputs=[Camera.Output(display_name="camera")],
        )

    @classmethod
    def execute(
        cls,
        start: Mapping[str, Any],
        frames: int,
        width: int,
        height: int,
        end: Mapping[str, Any] | None = None,
    ) -> io.NodeOutput:
        infos = start, end or start
        first, last = (camera_from_load3d(info, Size(width, height)) for info in infos)
        keys = CameraTrack(
            torch.cat([first.cam_from_world, last.cam_from_world]),
            torch.cat([first.intrinsics, last.intrinsics]),
            first.size,
        )
        return io.NodeOutput(at_places(keys, [0, frames - 1], range(frames)))
