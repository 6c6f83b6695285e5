"""``dynascene generate``."""

from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional

from dynascene.devices import choose_device
from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional, parse_range
from dynascene.interfaces.cli.clip_options.background import BackgroundOptions
from dynascene.interfaces.cli.clip_options.camera import CameraOptions
from dynascene.interfaces.cli.clip_options.colour import ColourOptions
from dynascene.interfaces.cli.clip_options.delivery import DeliveryOptions
from dynascene.interfaces.cli.clip_options.look import LookOptions
from dynascene.interfaces.cli.clip_options.motion import MotionOptions
from dynascene.interfaces.cli.clip_options.person import PersonOptions
from dynascene.interfaces.cli.clip_options.place import PlaceOptions
from dynascene.interfaces.cli.planned_clip import PlannedClip, default_out
from dynascene.loading import pause_collector


def plan_clip(
    person: Annotated[Positional[Path | None], optional("[PERSON]")] = None,
    /,
    *,
    place: PlaceOptions,
    cut_out: PersonOptions,
    camera: CameraOptions,
    background: BackgroundOptions,
    look: LookOptions,
    delivery: DeliveryOptions,
    colour_space: ColourOptions,
    motion: MotionOptions,
    frames: Annotated[str | None, optional("A:B")] = None,
    preview: Switch = False,
    out: Annotated[Path | None, optional("DIR")] = None,
    batch: Annotated[str | None, optional("FILE.jsonl|GLOB")] = None,
    workers: Annotated[int | None, optional("N")] = None,
    quiet: Switch = False,
    json: Switch = False,
) -> PlannedClip:
    """Put a filmed person into a picture of a place, with a background that follows the camera.

    Args:
        person: video or folder of frames, or a still with alpha; none = camera alone.
        frames: use the frames A:B of the person, B excluded.
        preview: make only a picture, DIR-preview.png beside the folder of the results: a few small
            frames of what the full run would give, in seconds.
        out: folder of the results (default: named after the person and the scene).
        batch: make many clips: the options of each on a line of a .jsonl file (docs/batch.md), or
            each person that a pattern such as "clips/*.mp4" names. What is finished is skipped; one
            that fails does not stop the others.
        workers: with --batch: clips at work at once (default: one for each core).
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    with pause_collector():
        from dynascene.generation.request import GenerationRequest

    if workers is not None:  # a batch is read elsewhere, shot by shot
        raise InputError("`workers`: goes with `batch`")
    choose_device(background.device)  # for all that follows
    spaces = colour_space.spaces()
    options = background.request()
    request = GenerationRequest(
        place=place.request(spaces["ocio_scene"]),
        person=cut_out.request(person, spaces["ocio_person"]),
        camera=camera.request(),
        motion=motion.request(),
        frames=parse_range(frames) if frames else None,
        delivery=delivery.request(spaces["ocio_layers"]),
        look=look.request(),
        options=options,
    )
    if out is not None and not str(out).strip("."):
        raise InputError("--out names a folder of its own for the results")
    out = out or default_out(person, place.scene)
    return PlannedClip(request=request, out=out, is_preview=preview, quiet=quiet, as_json=json)


@wraps(plan_clip)
def generate(*args: Any, **kwargs: Any) -> None:
    plan_clip(*args, **kwargs).make()


COMMANDS = {"generate": generate}
