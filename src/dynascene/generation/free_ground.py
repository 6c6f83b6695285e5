"""Whether a person's feet are where the picture shows free ground, for the framing and a notice."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from dynascene.estimators.clutter import BUSY, freest_point, ground_clutter
from dynascene.estimators.scale.feet import seen_feet
from dynascene.geometry.around import PanoramaCamera
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.framing import Framing
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.placing import SEEN_STANDING, shown_ground
from dynascene.geometry.rigid import camera_centres
from dynascene.geometry.surface import Stage
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.types import CameraTrack, FrameSource

CLUTTER_COST = 0.25  # share of the picture that free ground at the feet is worth
CROWDED = 0.15  # share of the ground on which something stands, from which a notice warns …
FAR = 0.09  # … of a camera that goes so far aside or up, in track units, …
AHEAD = 0.5  # … or so much of it ahead, where things grow rather than smear


class FreeGround(NamedTuple):
    """The ground of a place, and the feet that are to stand on it.

    Attributes:
        scene: the place.
        clutter: [h, w] of its picture, see ``ground_clutter``.
        frames, rays: as for ``shown_ground``.
    """

    scene: LiftedScene
    clutter: np.ndarray
    frames: Tensor
    rays: Tensor

    def occupied(self, framing: Framing, track: CameraTrack) -> float:
        """The mean clutter at the feet, 0 … 1; 0 where none are on the ground."""
        pixels = shown_ground(framing, track, self.frames, self.rays, self.scene).numpy()
        if not len(pixels):
            return 0.0
        height, width = self.clutter.shape
        size = self.scene.camera.size
        columns, rows = (pixels * [width / size.width, height / size.height]).astype(int).T
        return float(self.clutter[rows.clip(0, height - 1), columns.clip(0, width - 1)].mean())

    def cost(self, framing: Framing, track: CameraTrack) -> float:
        """What speaks against a framing, as a share of the picture."""
        return CLUTTER_COST * self.occupied(framing, track)

    def doubt(self, framing: Framing, track: CameraTrack) -> str:
        """One line where something else than free ground is at the feet; else empty."""
        if self.occupied(framing, track) < BUSY:
            return ""
        point = freest_point(self.clutter, self.scene.camera.horizon, self.scene.camera.size)
        if point is None:
            return (
                "the picture shows no free ground, and the person stands on what is there; "
                "another picture of the place mends that"
            )
        return (
            "the picture hardly shows free ground where the person stands; `stand` X,Y puts them "
            f"elsewhere, {point[0]},{point[1]} looks free"
        )


def smearing(scene: LiftedScene, track: CameraTrack) -> str:
    """One line where the camera passes things that are painted on the ground; else empty.

    Args:
        scene: the place.
        track: in the scene's world.
    """
    if isinstance(scene.camera, PanoramaCamera):
        return ""
    if not isinstance(scene.surface, Stage | PlaceBox):
        return ""
    centres = camera_centres(track.cam_from_world)
    ways = (centres - centres[0]).abs().amax(dim=0) * centres.new_tensor([1.0, 1.0, AHEAD])
    if float(ways.max()) < FAR:
        return ""
    ground = scene.layers[0].picture[:3]  # without what stands as a card
    clutter = ground_clutter(bytes_from_tensor(ground), scene.camera.horizon)
    if clutter is None:
        return ""
    below = clutter[int(max(0.0, scene.camera.horizon) * len(clutter) / scene.camera.size.height) :]
    if (below > BUSY).mean() < CROWDED:
        return ""
    other = "other " if scene.cards else ""
    return (
        f"{other}cars, furniture and the like smear as the camera passes, since the place's ground "
        "has them painted on; `upright` X0,Y0,X1,Y1, a box around one of them, makes it stand, "
        "`scene_depth` mends all, and less travel (`camera_scale`, or a smaller `move`) hides it"
    )


def find_free_ground(
    scene: LiftedScene, track: CameraTrack, matte: FrameSource
) -> FreeGround | None:
    """The ground that a person may stand on.

    None where the place is a panorama or shows no ground, and where hardly any feet are seen.

    Args:
        scene: the place.
        track: one camera per frame.
        matte: of the person.
    """
    if isinstance(scene.camera, PanoramaCamera):
        return None
    clutter = ground_clutter(bytes_from_tensor(scene.picture), scene.camera.horizon)
    feet = seen_feet(matte, track)
    if clutter is None or len(feet.frames) < min(SEEN_STANDING, len(track)):
        return None
    return FreeGround(scene, clutter, feet.frames, feet.ends[:, 0])
