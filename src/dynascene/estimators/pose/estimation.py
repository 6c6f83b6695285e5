"""The landmarks of a clip's subject."""

from __future__ import annotations

from pathlib import Path

from dynascene.display import Display
from dynascene.estimators.person.subject import Choice
from dynascene.estimators.pose.people import WORKING_PIXELS, PosePeople, choose_person
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
    frames = working_frames(source, WORKING_PIXELS)
    with display.stage("people", len(source)) as advance:
        people = network.find(frames, advance)
    scale = frames.shape[2] / source.size.width
    person = choose_person(clip, people, choice, scale, display)
    return network.read(frames, person.track, source.size)[0]
