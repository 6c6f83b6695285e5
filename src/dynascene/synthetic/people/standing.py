"""Standing and waving: poses over time."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dynascene.geometry.rigid import rotation_about
from dynascene.synthetic.people.kinematics import solve_poses
from dynascene.synthetic.people.skeleton import (
    REST_HEIGHT,
    SIDES,
    Arm,
    Foot,
    Poses,
    Trunk,
    rest_joints,
    side_sign,
)


@dataclass(frozen=True)
class Stand:
    """A person standing, breathing and shifting weight a little.

    Attributes:
        position: (x, z) in metres.
        heading: degrees about y, 0 = +z.
        height: metres.
        waving: whether the right hand waves.
        phase: seconds by which the movement is ahead.
    """

    position: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    height: float = REST_HEIGHT
    waving: bool = False
    phase: float = 0.0

    def poses(self, times: Tensor) -> Poses:
        """The poses at some times.

        Args:
            times: [F] seconds.

        Returns:
            F poses.
        """
        times = times.double() + self.phase
        scale = self.height / REST_HEIGHT
        still = torch.zeros_like(times)
        shift = (2 * math.pi * times / 6.0).sin()
        breath = (2 * math.pi * times / 3.6).sin()
        turn = rotation_about("y", self.heading)
        ground = torch.tensor([self.position[0], 0.0, self.position[1]], dtype=torch.float64)
        sway = torch.stack([0.012 * shift, -0.925 + 0.002 * shift.square(), still], -1) * scale
        heading = still + self.heading
        trunk = Trunk(
            ground + sway @ turn.mT,
            heading,
            (0.0, -1.5 * shift, -1.0),
            (2.0 * shift, 1.0 * shift, 0.5 + 0.7 * breath),
            (4.0 * (2 * math.pi * times / 7.0).sin(), 0.0, -0.5 * breath),
        )
        feet = {}
        for side in SIDES:
            sign = side_sign(side)
            flat = torch.tensor([sign * 0.105, 0.0, -0.02 * sign], dtype=torch.float64) * scale
            flat[1] = rest_joints(self.height)[f"{side}_ankle"][1]
            ankle = (ground + turn @ flat).expand(len(times), 3)
            feet[side] = Foot(ankle, heading + sign * 10.0, still, still)
        arms = {side: Arm(1.0 + 1.5 * breath, 8.0 + breath, 14.0, 20.0) for side in SIDES}
        if self.waving:
            beat = (2 * math.pi * times * 1.7).sin()
            arms["right"] = Arm(38.0, 58.0 + 3.0 * beat, 112.0, -62.0 + 22.0 * beat)
        return solve_poses(trunk, arms, feet, self.height)
