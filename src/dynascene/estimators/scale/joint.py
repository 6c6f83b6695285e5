"""The ground and the unit of a track together: the vertical motion of a camera affects both."""

import numpy as np

from dynascene.estimators.scale.feet import rays_through
from dynascene.estimators.scale.ground import GroundFit, PitchEvidence, down_vectors, fit_ground
from dynascene.estimators.scale.silhouette import Silhouette
from dynascene.estimators.scale.travel import (
    Contacts,
    UnitFit,
    contact_points,
    rest_scores,
    summarise,
    usual_speed,
    usual_travel,
)
from dynascene.geometry.rigid import camera_centres
from dynascene.types import CameraTrack

SHARES = np.geomspace(0.005, 8.0, 30)  # tried for the camera's travel, in distances to the person
FINE = 16  # scales between two of them
LEAST_TRAVEL = 1e-9


class ClipGround:
    """The observations of a clip from which its ground and its track's unit are estimated.

    Attributes:
        track: relative to its first camera, for the matte's size.
        roll: of the first camera, in degrees clockwise.
        frame_rate: frames a second.
    """

    def __init__(
        self,
        silhouette: Silhouette,
        track: CameraTrack,
        roll: float,
        frame_rate: float,
        person_height: float,
        evidence: list[PitchEvidence],
        known_pitch: float | None = None,
    ) -> None:
        self.whole = silhouette.whole
        self.foot = rays_through(track, silhouette.foot)
        self.head = rays_through(track, silhouette.head)
        rows = np.where(silhouette.feet_cut, np.nan, silhouette.foot[:, 1])
        self.soles = [
            rays_through(track, np.column_stack([columns, rows])) for columns in silhouette.sole.T
        ]
        self.centres = camera_centres(track.cam_from_world).numpy()
        self.focal = float(track.intrinsics[0, 1, 1])
        self.roll, self.frame_rate = roll, frame_rate
        self.person_height = person_height
        self.evidence, self.known_pitch = evidence, known_pitch

    def ground(self, metres_per_unit: float = 0.0) -> GroundFit:
        """Fit the ground for one unit of the track; 0: the camera stays in place."""
        whole = self.whole
        return fit_ground(
            self.foot[whole],
            self.head[whole],
            metres_per_unit * self.centres[whole],
            self.roll,
            len(self.foot) / self.frame_rate,
            self.person_height,
            self.evidence,
            self.known_pitch,
        )

    def ground_and_unit(self) -> tuple[GroundFit, UnitFit | None]:
        """Fit both; the unit is None where the camera does not travel.

        Each candidate unit has its own ground. The pair with the best evidence of the ground and of
        resting feet is chosen, and its unit is refined on that ground.
        """
        extent = float(np.linalg.norm(self.centres, axis=-1).max())
        still = self.ground()
        if extent < LEAST_TRAVEL:
            return still, None
        distances = np.linalg.norm(self._contacts(still)[0].fixed, axis=-1)
        distances = distances[np.isfinite(distances)]
        if not len(distances):
            return still, None
        distance = float(np.median(distances))
        scales = SHARES * distance / extent
        grounds = [self.ground(scale) for scale in scales]
        prior = np.array([ground.evidence for ground in grounds]) + usual_travel(SHARES)
        resting = [self._feet(ground, scales[i : i + 1])[0] for i, ground in enumerate(grounds)]
        best = grounds[int((prior + resting).argmax())]
        fine = np.geomspace(scales[0], scales[-1], FINE * len(scales))
        score = self._feet(best, fine)
        unit = summarise(fine, score + np.interp(np.log(fine), np.log(scales), prior))
        return self.ground(unit.metres), unit

    def _feet(self, ground: GroundFit, scales: np.ndarray) -> np.ndarray:
        """Log-likelihoods [S] of scales [S] by the resting of the feet on a ground."""
        contacts = self._contacts(ground)
        speed = usual_speed(contacts, scales, self.frame_rate)
        return speed + rest_scores(contacts, scales, self.frame_rate)

    def _contacts(self, ground: GroundFit) -> list[Contacts]:
        down = down_vectors(np.array([ground.pitch]), self.roll)[0]
        return [
            contact_points(self.centres, sole, down, ground.height, self.focal)
            for sole in self.soles
        ]
