"""What is said of the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from dynascene.interfaces.cli.arguments import (
    OptionalDegrees,
    OptionalName,
    OptionalNumber,
    OptionalSize,
    optional,
    parse_sensor,
)

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.generation.request import CameraInput


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """How the camera moves. With neither a file nor a move, the person's clip is tracked.

    Args:
        cameras: a camera file or folder, or "none" where the camera is unknown (default: tracked in
            the person's video, unless --move is given).
        camera_format: the camera file's format, where it does not tell (dynascene cameras --help).
        move: a camera move such as pan-right:20 or dolly-in:0.3+tilt-up:5, or a keyframe file:
            static, pan-left, pan-right, tilt-up, tilt-down, roll-left, roll-right, orbit-left,
            orbit-right (degrees), dolly-in, dolly-out, truck-left, truck-right, pedestal-up,
            pedestal-down, crane-up, crane-down, dolly-zoom (1 = the depth of the place), handheld;
            dynascene cameras moves says more.
        fov: horizontal field of view of the filmed camera, where no file tells it.
        camera_height: height of the filmed camera above the ground, in the camera file's unit.
        camera_scale: track units per unit of the camera file; 1 for files that dynascene wrote.
        rotation_order: order of the rotations in a chan file, such as zxy.
        sensor: sensor of a chan file's camera in millimetres, such as 36x24.
    """

    cameras: Annotated[str | None, optional("FILE|none")] = None
    camera_format: OptionalName = None
    move: Annotated[str | None, optional("NAME[:AMOUNT]")] = None
    fov: OptionalDegrees = None
    camera_height: OptionalNumber = None
    camera_scale: OptionalNumber = None
    rotation_order: Annotated[str | None, optional("XYZ")] = None
    sensor: OptionalSize = None

    def request(self) -> CameraInput:
        """The camera. Raises InputError for what makes no sense."""
        from dynascene.generation.request import CameraInput

        return CameraInput(
            cameras=self.cameras,
            camera_format=self.camera_format,
            move=self.move,
            fov=self.fov,
            camera_height=self.camera_height,
            camera_scale=self.camera_scale,
            rotation_order=self.rotation_order and self.rotation_order.upper(),
            sensor=parse_sensor(self.sensor) if self.sensor else None,
        )
