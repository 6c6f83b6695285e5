"""What the user should know of a clip before it is rendered, in full or as a preview."""

from dynascene.generation.clip import GeneratedClip
from dynascene.generation.free_ground import find_free_ground, smearing
from dynascene.generation.ground_contact import warn_of_slip
from dynascene.generation.guide import check_seen
from dynascene.generation.inputs import Inputs
from dynascene.generation.person_size import size_doubt
from dynascene.generation.request import GenerationRequest
from dynascene.jobs.log import Log

LITTLE_SEEN = 0.2  # of the view, or of one frame; less is hardly what anyone wants
ALL = 0.995  # of the view, which is said as 100 %
CLEARLY_LESS = 0.05  # of the view: by so much a frame falls behind the whole clip


def give_notices(request: GenerationRequest, inputs: Inputs, clip: GeneratedClip, log: Log) -> None:
    """Say how much of the view the picture shows, and what cannot be right about the person.

    Raises:
        InputError: the cameras see nothing of the picture.
    """
    check_seen(clip)
    shown = words_of_seen(inputs, clip)
    if min(clip.seen_shares) < LITTLE_SEEN:
        log.doubt(f"{shown}; try `framing` centre, `horizon` or a smaller movement")
    else:
        is_all = clip.seen_share > ALL and min(clip.seen_shares) > ALL
        log.notice(shown if is_all else f"{shown}; the rest is filled")
    is_move = request.camera.move is not None
    warn_of_slip(inputs.estimates.get("feet", {}), log, is_move=is_move)
    if smears := smearing(inputs.scene, clip.track):
        log.doubt(smears)
    if inputs.shot.foreground is None:
        return
    standing = inputs.attitude.standing if inputs.attitude else None
    doubt = size_doubt(inputs.scene, clip.framing, standing, request.place.person_scale)
    if not doubt and request.place.stand is None and inputs.shot.matte is not None:
        free = find_free_ground(inputs.scene, inputs.shot.cameras, inputs.shot.matte)
        doubt = free.doubt(clip.framing, inputs.shot.cameras) if free else ""
    if doubt:
        log.doubt(doubt)


def words_of_seen(inputs: Inputs, clip: GeneratedClip) -> str:
    """How much of the view the picture shows, and of the frame with least where that differs."""
    words = f"the picture shows {clip.seen_share:.0%} of the view"
    least, frame = min(clip.seen_shares), clip.least_seen
    if clip.seen_share - least < CLEARLY_LESS:
        return words
    number = inputs.numbers[frame] if inputs.numbers else frame
    return f"{words}, but only {least:.0%} in frame {number}"
