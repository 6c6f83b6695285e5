"""ComfyUI's interface by its number, and the types of links that are not ComfyUI's own.

A numbered interface stays as it is when ComfyUI changes.
"""

from comfy_api.v0_0_2 import ComfyExtension, io  # ty: ignore[import-not-found]

CATEGORY = "dynascene"
LARGEST = 8192  # pixels of a side
FRAME_RATE = 24.0

Camera = io.Custom("DYNASCENE_CAMERA")  # CameraTrack
Place = io.Custom("DYNASCENE_SCENE")  # LiftedScene
CameraCtrlPoses = io.Custom("CAMERACTRL_POSES")  # rows of RealEstate10K
Load3DCamera = io.Custom("LOAD3D_CAMERA")  # a dictionary, see load3d_cameras.py
PoseKeypoints = io.Custom("POSE_KEYPOINT")  # OpenPose's documents, one a frame

__all__ = [
    "CATEGORY",
    "FRAME_RATE",
    "LARGEST",
    "Camera",
    "CameraCtrlPoses",
    "ComfyExtension",
    "Load3DCamera",
    "Place",
    "PoseKeypoints",
    "io",
]
