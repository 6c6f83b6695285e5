"""Standing feet and the ground of the place: how far they slide, and the travel that they tell."""

from pathlib import Path
from typing import Any, NamedTuple

from dynascene.errors import InputError
from dynascene.estimators.matte.job import LANDMARKS
from dynascene.estimators.scale.slip import Slip, feet_slip, stands_long_enough, travel_by_feet
from dynascene.estimators.scale.stance import Stances, find_stances
from dynascene.generation.footage import FOLDER
from dynascene.generation.subject import MATTE
from dynascene.geometry.tracks import travels
from dynascene.io.landmarks import PoseLandmarks, read_landmarks
from dynascene.jobs.log import Log
from dynascene.phrases import count_of
from dynascene.types import CameraTrack, FrameSource, Size

MOST_SLIP = 0.2  # body heights a second; somebody of 1.7 m slides by a third of a metre in each
NO_LANDMARKS = "no landmarks of the body (`matte_backend` pose makes them)"
NO_STANCE = "no foot is surely seen to stand on the ground"
APART = "the frames of a preview lie too far apart"
ABOVE_HORIZON = "the feet that stand lie above the place's horizon (`horizon` corrects it)"


class GroundContact(NamedTuple):
    """What is known of a clip's standing feet.

    Attributes:
        stances: None where there are none; ``why_not`` says why.
        size: of the filmed frames.
        frame_rate: frames a second.
        why_not: empty where there are stances.
    """

    stances: Stances | None
    size: Size
    frame_rate: float
    why_not: str = ""

    def slip(self, track: CameraTrack, ground: float) -> Slip | None:
        """Under a track in the scene's world, with the ground so far below the scene camera."""
        if self.stances is None:
            return None
        return feet_slip(self.stances, track, self.size, ground, self.frame_rate)

    @property
    def why_no_slip(self) -> str:
        """Why ``slip`` gives None."""
        if self.stances is None or not stands_long_enough(self.stances, self.frame_rate):
            return self.why_not or NO_STANCE
        return ABOVE_HORIZON

    def travel(self, track: CameraTrack, ground: float) -> float | None:
        """By how much to scale the track's travel; None where the feet do not tell it better."""
        if self.stances is None or not travels(track):
            return None
        return travel_by_feet(self.stances, track, self.size, ground, self.frame_rate)


def find_contact(
    colour: FrameSource, matte: FrameSource, landmarks: PoseLandmarks | None, log: Log
) -> GroundContact:
    """The standing feet of a clip.

    Args:
        colour: its frames.
        matte: of the person.
        landmarks: of the person; None: unknown.
    """
    rate = float(colour.frame_rate)
    if landmarks is None:
        return GroundContact(None, colour.size, rate, NO_LANDMARKS)
    with log.stage("feet"):
        stances = find_stances(landmarks, colour, matte)
    if not stances.rests.any():
        return GroundContact(None, colour.size, rate, NO_STANCE)
    return GroundContact(stances, colour.size, rate)


def clip_landmarks(
    matte: Path | None, folder: Path, frames: tuple[int, int] | None, length: int
) -> PoseLandmarks | None:
    """The landmarks that lie beside the matte in use; None where there are none for its frames.

    Args:
        matte: as the user gave it; None: it was made.
        folder: of the results, where a matte that was made lies.
        frames: of the clip in use.
        length: how many they are.

    Raises:
        InputError: the file is damaged.
    """
    path = (matte or folder / FOLDER / MATTE) / LANDMARKS
    if not path.is_file():
        return None
    landmarks = read_landmarks(path)
    if len(landmarks) == length:
        return landmarks
    if frames is not None and len(landmarks) >= frames[1]:
        return landmarks[frames[0] : frames[1]]
    raise InputError(
        f"{path}: has {count_of(len(landmarks), 'frame')} and the clip {length}; move it away from "
        "the matte"
    )


def contact_report(
    contact: GroundContact, slip: Slip | None, before: Slip | None
) -> dict[str, Any]:
    """For report.json.

    Args:
        contact: the standing feet.
        slip: in the delivered clip.
        before: with the travel that was replaced; None where it stayed.
    """
    if slip is None:
        return {"why_not": contact.why_no_slip}
    report = {
        "slip_pixels_a_frame": round(slip.pixels, 3),
        "slip_body_heights_a_second": round(slip.bodies, 3),
        "moments": slip.moments,
    }
    if before is not None:
        report["slip_pixels_a_frame_before"] = round(before.pixels, 3)
    return report


def warn_of_slip(feet: dict[str, Any], log: Log, *, is_move: bool) -> None:
    """Say where standing feet slide visibly, and what mends it.

    Args:
        feet: as from ``contact_report``; may be empty.
        is_move: whether the camera is a move of the user's, which did not film the clip.
    """
    if feet.get("slip_body_heights_a_second", 0.0) <= MOST_SLIP:
        return
    remedy = "`camera_scale` makes the travel more or less, `horizon` and `stand` turn the ground"
    if is_move:
        remedy = "the clip was filmed by another camera: a smaller `move` slides less"
    log.doubt(
        f"standing feet slide over the ground by {feet['slip_pixels_a_frame']:.2g} pixels a "
        f"frame ({remedy})"
    )
