"""``dynascene track``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional
from dynascene.interfaces.cli.clip_options.footage import Footage, FootageOptions
from dynascene.loading import pause_collector
from dynascene.phrases import count_of

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.display import Display
    from dynascene.estimators.camera import TrackedCamera, TrackingOptions
    from dynascene.io.frames import FrameSource
    from dynascene.types import CameraTrack


def track(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    footage: FootageOptions,
    matte: Annotated[Path | None, optional("PATH")] = None,
    fov: Annotated[float | None, optional("DEG")] = None,
    focal: Annotated[float | None, optional("PX")] = None,
    person_height: Annotated[float | None, optional("METRES")] = None,
    out: Annotated[Path, arg(metavar="FILE")] = Path("cameras.txt"),
    to: Annotated[str | None, optional("NAME")] = None,
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Find the camera of a filmed clip: one pose per frame, and how far to trust it.

    Beside the camera file STEM.track.json says whether the camera stands, turns or travels, with
    the figures for clip and frames, and how high above the ground it was, where a matte, or the
    clip's own alpha, shows the person; dynascene generate --cameras reads that too. A failed track
    writes only that and ends with exit code 2.
    Both files of an earlier run are replaced together, whatever the outcome; a camera file that
    no run has written is never replaced.

    Args:
        video: video or folder of frames, one continuous shot.
        matte: video or folder of the same frames, white = person, who is then ignored; without it
            the video's own alpha serves.
        fov: horizontal field of view of the video, where it is known.
        focal: the same as a focal length in pixels of the video.
        person_height: the person's height in metres, which tells the scale (default: 1.7); for a
            video with a matte or alpha.
        out: camera file to write; .txt means re10k, .json nerfstudio, .chan chan, no ending a
            folder of COLMAP.
        to: format to write, where the ending does not tell it (dynascene cameras convert --help).
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    from json import dumps

    with pause_collector():
        from dynascene.estimators.camera import track_camera
        from dynascene.estimators.camera.classification import KIND_WORDS
        from dynascene.estimators.scale.person_scale import ADULT, check_person_height
        from dynascene.generation.clip_scale import clip_figures
        from dynascene.generation.request import tracking_report
        from dynascene.interfaces.cli.display import open_display, say_result
        from dynascene.io.atomic import write_text
        from dynascene.jobs.result_folder import result_folder

    report = tracking_report(out)
    _check_output(out, report, to)
    _check_lens(fov, focal)
    height = ADULT if person_height is None else person_height
    check_person_height(height)
    terminal = open_display(quiet)
    names, read = (out.name, report.name), [path for path in (video, matte) if path is not None]
    with result_folder(out.parent, names, read, listing=report.name) as folder:
        clip = footage.open(video)
        person = _open_person(matte, clip, footage.fill_gaps)
        _check_height(person_height, person, video)
        clip.warn_of_cuts(terminal)
        options = _lens_options(clip, fov, focal)
        tracked = track_camera(clip.source, person, options, terminal)
        figures = tracked.report()
        if tracked.track is not None:
            figures |= _scale(clip.source, person, tracked, height, terminal)
            _write_cameras(tracked.track, folder, out, to, terminal)
            part = clip.part or (0, len(clip.source))
            figures |= clip_figures(video, folder / out.name, part)
        figures["outputs"] = [path.name for path in folder.iterdir()] + [report.name]
        write_text(folder / report.name, dumps(figures, indent=1) + "\n")
    _warn_of_scale(out, report, terminal)
    for reason in tracked.reasons:
        terminal.notice(f"note: {reason}")
    if tracked.track is None:
        why = "; ".join(tracked.reasons)
        raise InputError(f"{video}: the camera could not be tracked ({why}); figures in {report}")
    verdict = f"the camera {KIND_WORDS[tracked.kind]}, the track is {tracked.verdict}"
    say_result(
        f"{out}: {count_of(len(tracked.track), 'frame')}, {verdict} (figures in {report})",
        lambda: {"cameras": out, "report_file": report, "report": figures},
        json,
    )


def _check_output(out: Path, report: Path, to: str | None) -> None:
    """Raises InputError for a place or a format that cannot be written; before the work."""
    from dynascene.io.cameras.formats import format_for_ending, format_named

    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist")
    if report == out:
        raise InputError(f"{out}: is the name of the report; choose another")
    format_named(to or format_for_ending(out))


def _check_lens(fov: float | None, focal: float | None) -> None:
    """Raises InputError for a lens that is none, before anything is opened."""
    from dynascene.estimators.camera import TrackingOptions

    if fov is not None and focal is not None:
        raise InputError("`fov` and `focal`: give one of them")
    if fov is not None and not 1 <= fov <= 170:
        raise InputError(f"`fov` {fov:g}: must be between 1 and 170 degrees")
    TrackingOptions(focal)


def _lens_options(clip: Footage, fov: float | None, focal: float | None) -> TrackingOptions:
    """What is known of the lens, by the options and by the file."""
    from dynascene.estimators.camera import TrackingOptions
    from dynascene.geometry.intrinsics import focal_from_fov
    from dynascene.io.lens import tagged_focal

    size = clip.source.size
    if fov is not None:
        focal = focal_from_fov(fov, size)
    return TrackingOptions(focal, tagged_focal(clip.video, size))


def _open_person(matte: Path | None, clip: Footage, fill_gaps: bool) -> FrameSource | None:
    """Who is to be ignored: a matte, or the clip's own alpha; None: neither is there."""
    from dynascene.io.excerpt import open_excerpt_matte
    from dynascene.io.frames import alpha_matte
    from dynascene.io.mattes import require_somebody

    if matte is None:
        return alpha_matte(clip.source)
    person = open_excerpt_matte(matte, clip.whole, clip.part, fill_gaps=fill_gaps)
    require_somebody(person, matte)
    return person


def _check_height(person_height: float | None, person: FrameSource | None, video: Path) -> None:
    """Raises InputError for the height of a person whom nothing shows; before the work."""
    if person_height is not None and person is None:
        raise InputError(
            f"`person_height`: {video} has no alpha that shows a person; give a `matte`"
        )


def _scale(
    colour: FrameSource,
    matte: FrameSource | None,
    tracked: TrackedCamera,
    person_height: float,
    display: Display,
) -> dict[str, Any]:
    """What the report says of the scale; empty without a matte: it takes a person to tell it."""
    from dynascene.generation.clip_scale import scale_figures, tell_scale
    from dynascene.jobs.log import Log

    if matte is None:
        return {}
    return {"scale": scale_figures(tell_scale(colour, matte, tracked, person_height, Log(display)))}


def _warn_of_scale(out: Path, report: Path, display: Display) -> None:
    """Say where the scale of an earlier camera file, or one by hand, will count."""
    from dynascene.generation.request import SCALE

    beside = out.parent / SCALE
    if beside.is_file():
        display.doubt(
            f"{beside}: counts more than what {report.name} tells of the scale; move it away if it "
            f"is not that of {out.name}"
        )


def _write_cameras(
    track: CameraTrack, folder: Path, out: Path, to: str | None, display: Display
) -> None:
    """Write the cameras into ``folder``; notices name the file as ``out``, where it will be.

    to: its format; None: as the ending says.
    """
    from dynascene.io.cameras import write_cameras

    place = folder / out.name
    write_cameras(
        track, place, to, notice=lambda text: display.notice(text.replace(str(place), str(out)))
    )


COMMANDS = {"track": track}
