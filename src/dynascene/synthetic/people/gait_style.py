"""The numbers of walking and running."""

import math
from dataclasses import dataclass

from dynascene.synthetic.people.skeleton import REST_HEIGHT


@dataclass(frozen=True)
class GaitStyle:
    """The numbers that make a gait, for a person of 1.75 m; lengths in metres, angles in degrees.

    Attributes:
        duty: share of the stride that a foot stands.
        step_width: between the feet.
        strike: pitch of the foot when the heel lands.
        roll_off: pitch of the foot when the toes leave.
        swing_lift: height of the ankle in mid-swing.
        bob: half the pelvis's vertical travel, positive when it is highest over the standing foot.
        sink: how far the pelvis hangs below straight legs.
        sway: half the pelvis's travel to the sides.
        pelvis_yaw, pelvis_list, chest_yaw: amplitudes of turns about the vertical and of the roll.
        lean: of the trunk, negative forwards.
        arm_swing, arm_rest: amplitude and middle of the arm's swing.
        elbow, elbow_swing: the elbow's bend and how much it varies.
    """

    duty: float = 0.61
    step_width: float = 0.085
    strike: float = 20.0
    roll_off: float = -58.0
    swing_lift: float = 0.03
    bob: float = 0.018
    sink: float = 0.020
    sway: float = 0.018
    pelvis_yaw: float = 6.0
    pelvis_list: float = 4.0
    chest_yaw: float = 5.0
    lean: float = -3.0
    arm_swing: float = 22.0
    arm_rest: float = -1.0
    elbow: float = 20.0
    elbow_swing: float = 12.0


WALK = GaitStyle()
RUN = GaitStyle(
    duty=0.36, step_width=0.05, strike=8.0, roll_off=-62.0, swing_lift=0.24, bob=-0.032,
    sink=0.055, sway=0.008, pelvis_yaw=8.0, pelvis_list=3.0, chest_yaw=9.0, lean=-10.0,
    arm_swing=36.0, arm_rest=4.0, elbow=88.0, elbow_swing=14.0,
)  # fmt: skip
RUNNING_SPEED = 2.2  # metres per second: faster than this, people run


def stride_length(speed: float, height: float = REST_HEIGHT) -> float:
    """The length of two steps: ∝ √speed while walking, 1.38 m at 1.35 m/s; longer when running.

    Args:
        speed: metres per second.
        height: of the person, metres.

    Returns:
        Metres.
    """
    if speed < RUNNING_SPEED:
        return 1.38 * math.sqrt(max(speed, 0.3) / 1.35) * height / REST_HEIGHT
    return (0.90 + 0.45 * speed) * height / REST_HEIGHT
