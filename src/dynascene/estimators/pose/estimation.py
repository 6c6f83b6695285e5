"""The landmarks, or the joints, of a clip's subject."""

from __future__ import annotations

from pathlib import Path

from dynascene.body_pose import BodyPose
from dynascene.display import Display
from dynascene.estimators.frame_spool import FrameStack
from dynascene.estimators.person.subject import Choice
from dynascene.estimators.pose.body import body_of
from dynascene.estimators.pose.people import WORKING_PIXELS, PosePeople, choose_person
from dynascene.estimators.pose.track import PoseTrack
from dynascene.estimators.working_frames import working_frames
from dynascene.io.landmarks import PoseLandmarks
from dynascene.types import FrameSource


def estimate_landmarks(
    clip: Path,
    source: FrameSource,
    display: Display,
    choice: Choice = None,
    folder: Path | None = None,
) -> PoseLandmarks:
    """The 33 landmarks of one person in every frame, with what is hidden or guessed.

    Args:
        clip: the path that messages name.
        source: its frames.
        display: shows the progress.
        choice: which person, see ``choose_subject``.
        folder: of the network's files; None: the cache, into which they are downloaded.

    Raises:
        InputError: there is nobody, or the choice fits nobody, or the network cannot be had.
    """
    network = PosePeople(folder)
    frames, track = _subject(network, clip, source, display, choice)
    return network.read(frames, track, source.size)[0]


def estimate_joints(
    clip: Path,
    source: FrameSource,
    display: Display,
    choice: Choice = None,
    vitpose: Path | None = None,
) -> BodyPose:
    """The joints of one person in every frame, by BlazePose or by a VitPose network.

    BlazePose finds and follows the people in either case. VitPose knows no feet, and no joint is
    known where BlazePose sees nobody.

    Args:
        clip, source, display, choice: as ``estimate_landmarks``.
        vitpose: folder of the network; None: BlazePose.

    Raises:
        InputError: as ``estimate_landmarks`` and ``VitPose``.
    """
    if vitpose is None:
        return body_of(estimate_landmarks(clip, source, display, choice))
    from dynascene.estimators.pose.vitpose import VitPose  # transformers loads for seconds

    reader = VitPose(vitpose)
    frames, track = _subject(PosePeople(), clip, source, display, choice)
    with display.stage("poses", len(frames)) as advance:
        pose = reader(frames, track.boxes, source.size, advance)
    return BodyPose(pose.size, pose.points, pose.visibility * track.seen[:, None])


def _subject(
    network: PosePeople, clip: Path, source: FrameSource, display: Display, choice: Choice
) -> tuple[FrameStack, PoseTrack]:
    """The clip's working frames uint8 [F, h, w, 3], and whom it is about."""
    frames = working_frames(source, WORKING_PIXELS)
    with display.stage("people", len(source)) as advance:
        people = network.find(frames, advance)
    scale = frames.shape[2] / source.size.width
    return frames, choose_person(clip, people, choice, scale, display).track
