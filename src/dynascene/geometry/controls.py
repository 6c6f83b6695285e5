"""The controls of a camera operator, as numbers per frame, and the resulting camera track.

The rig stands in the first camera's axes and may circle the point one track unit straight ahead. On
the rig the camera moves right, up and forward. On top is the head, which pans, tilts and rolls. So
a dolly rolls on straight rails while the head pans, and spirals inwards on an orbit.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from dynascene.geometry.rigid import invert_rigid, rigid, rotation_about
from dynascene.types import CameraTrack, Size

Controls = Mapping[str, Tensor]

CONTROLS: Mapping[str, str] = {
    "orbit": "degrees around the point one track unit straight ahead, positive to the right",
    "right": "track units to the right",
    "up": "track units up",
    "forward": "track units forward",
    "pan": "degrees, positive to the right",
    "tilt": "degrees, positive up",
    "roll": "degrees, positive clockwise (the picture turns the other way)",
    "zoom": "natural logarithm of the focal length over that of the given intrinsics",
}


def track_from_controls(
    controls: Controls, frames: int, intrinsics: Tensor, size: Size
) -> CameraTrack:
    """Per-frame controls → track; the camera is the identity where all controls are 0.

    Args:
        controls: any of CONTROLS, each [F]; those not named are 0.
        intrinsics: [3, 3] in pixels of a frame of ``size``; zooming keeps the principal point.
    """
    zeros = torch.zeros(frames, dtype=torch.float64)
    value = {name: controls.get(name, zeros) for name in CONTROLS}
    head_from_camera = (
        rotation_about("y", value["pan"])
        @ rotation_about("x", value["tilt"])
        @ rotation_about("z", value["roll"])
    )
    carried = torch.stack([value["right"], -value["up"], value["forward"]], dim=-1)
    world_from_camera = _world_from_rig(value["orbit"]) @ rigid(head_from_camera, carried)
    zoomed = intrinsics.double().repeat(frames, 1, 1)
    zoomed[:, :2, :2] *= value["zoom"].exp()[:, None, None]
    return CameraTrack(invert_rigid(world_from_camera), zoomed, size)


def _world_from_rig(orbit: Tensor) -> Tensor:
    """Orbiting to the right turns the rig left by the same angle, so that the pivot stays ahead."""
    pivot = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    rotation = rotation_about("y", -orbit)
    return rigid(rotation, pivot - rotation @ pivot)
