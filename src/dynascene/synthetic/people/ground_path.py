"""A smooth path on the ground, by distance walked."""

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from dynascene.errors import InputError

SAMPLE_SPACING = 0.01  # metres between the stored points; positions between them are linear
HEADING_SPAN = 0.3  # metres ahead and behind over which the direction of travel is taken


class GroundPath:
    """A smooth curve through waypoints, straight beyond its ends.

    Args:
        waypoints: [N, 2] x and z in metres, N ≥ 2.

    Raises:
        InputError: there are fewer than two, two neighbours coincide, or a value is not finite.
    """

    def __init__(self, waypoints: Tensor) -> None:
        points = np.asarray(waypoints, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2:
            raise InputError(f"ground path: waypoints have shape {list(points.shape)}, not [N, 2]")
        if not np.isfinite(points).all():
            raise InputError("ground path: a waypoint is not finite")
        chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
        if (chords < 1e-6).any():
            first = int((chords < 1e-6).nonzero()[0][0])
            raise InputError(f"ground path: waypoints {first} and {first + 1} coincide")
        knots = np.concatenate([[0.0], chords.cumsum()])
        dense = np.linspace(0, knots[-1], int(knots[-1] / SAMPLE_SPACING) + 2)
        curve = CubicSpline(knots, points, bc_type="natural")(dense)
        steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
        self._distance = np.concatenate([[0.0], steps.cumsum()])
        self._curve = curve

    @property
    def length(self) -> float:
        """Metres from the first waypoint to the last."""
        return float(self._distance[-1])

    def position(self, distance: Tensor) -> Tensor:
        """The point on the ground after some way.

        Args:
            distance: [...] metres along the path.

        Returns:
            [..., 3] with y = 0.
        """
        s = distance.numpy()
        before, after = np.minimum(s, 0.0), np.maximum(s - self._distance[-1], 0.0)
        axes = []
        for axis in (0, 1):
            values = self._curve[:, axis]
            start = (values[1] - values[0]) / self._distance[1]
            end = (values[-1] - values[-2]) / (self._distance[-1] - self._distance[-2])
            axes.append(np.interp(s, self._distance, values) + before * start + after * end)
        return torch.stack(
            [torch.from_numpy(axes[0]), torch.zeros_like(distance), torch.from_numpy(axes[1])], -1
        )

    def heading(self, distance: Tensor) -> Tensor:
        """The direction of travel after some way.

        Args:
            distance: [...] metres along the path.

        Returns:
            [...] degrees about y, 0 = +z, 90 = +x.
        """
        ahead = self.position(distance + HEADING_SPAN) - self.position(distance - HEADING_SPAN)
        return torch.rad2deg(torch.atan2(ahead[..., 0], ahead[..., 2]))
