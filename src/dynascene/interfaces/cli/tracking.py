"""``dynascene track``."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional, parse_range
from dynascene.io.names import Deinterlace


def track(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    matte: Annotated[Path | None, optional("PATH")] = None,
    fov: Annotated[float | None, optional("DEG")] = None,
    focal: Annotated[float | None, optional("PX")] = None,
    out: Annotated[Path, arg(metavar="FILE")] = Path("cameras.txt"),
    to: Annotated[str | None, optional("NAME")] = None,
    frames: Annotated[str | None, optional("A:B")] = None,
    deinterlace: Deinterlace = "auto",
    fill_gaps: Annotated[bool, arg(help_behavior_hint="")] = False,
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Find the camera of a filmed clip: one pose per frame, and how far to trust it.

    Beside the camera file STEM.track.json says whether the camera stands, turns or travels, with
    the figures for clip and frames. A failed track writes only that and ends with exit code 2.
    Both files of an earlier run are replaced together, whatever the outcome; a camera file that
    no run has written is never replaced.

    Args:
        video: video or folder of frames, one continuous shot.
        matte: video or folder of the same frames, white = person, who is then ignored.
        fov: horizontal field of view of the video, where it is known.
        focal: the same as a focal length in pixels of the video.
        out: camera file to write; .txt means re10k, .json nerfstudio, .chan chan, no ending a
            folder of COLMAP.
        to: format to write, where the ending does not tell it (dynascene cameras convert --help).
        frames: use the frames A:B of the video, B excluded.
        deinterlace: make interlaced video pictures of one moment: frames that say that they are
            interlaced (auto), all, or none.
        fill_gaps: where a folder of frames lacks one, the frame before stands still.
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    from json import dumps

    from dynascene.estimators.camera import TrackingOptions, track_camera
    from dynascene.generation.takes import warn_of_cuts
    from dynascene.geometry.intrinsics import focal_from_fov
    from dynascene.interfaces.cli.display import open_display, say_result
    from dynascene.io.atomic import write_text
    from dynascene.io.cameras import write_cameras
    from dynascene.io.cameras.formats import format_for_ending, format_named
    from dynascene.io.excerpt import excerpt, open_excerpt_matte
    from dynascene.io.frames import alpha_matte, open_frames
    from dynascene.io.lens import tagged_focal
    from dynascene.io.mattes import require_somebody
    from dynascene.jobs.result_folder import result_folder

    report = out.with_name(f"{out.stem}.track.json")
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist")
    if report == out:
        raise InputError(f"{out}: is the name of the report; choose another")
    format_named(to or format_for_ending(out))  # complains before the work, not after it
    if fov is not None and focal is not None:
        raise InputError("`fov` and `focal`: give one of them")
    if fov is not None and not 1 <= fov <= 170:
        raise InputError(f"`fov` {fov:g}: must be between 1 and 170 degrees")
    TrackingOptions(focal)  # complains before anything is opened
    terminal = open_display(quiet)
    names, read = (out.name, report.name), [path for path in (video, matte) if path is not None]
    with result_folder(out.parent, names, read, listing=report.name) as folder:
        part = parse_range(frames) if frames else None
        whole = open_frames(video, deinterlace=deinterlace, fill_gaps=fill_gaps)
        source = excerpt(whole, part, video)
        if matte is not None:
            person = open_excerpt_matte(matte, whole, part, fill_gaps=fill_gaps)
            require_somebody(person, matte)
        else:
            person = alpha_matte(source)
        warn_of_cuts(video, source, terminal, part[0] if part else 0)
        if fov is not None:
            focal = focal_from_fov(fov, source.size)
        options = TrackingOptions(focal, tagged_focal(video, source.size))
        tracked = track_camera(source, person, options, terminal)
        if tracked.track is not None:
            place = folder / out.name
            write_cameras(
                tracked.track,
                place,
                to,
                notice=lambda text: terminal.notice(text.replace(str(place), str(out))),
            )
        figures = tracked.report() | {
            "outputs": [path.name for path in folder.iterdir()] + [report.name]
        }
        write_text(folder / report.name, dumps(figures, indent=1) + "\n")
    for reason in tracked.reasons:
        terminal.notice(f"note: {reason}")
    if tracked.track is None:
        why = "; ".join(tracked.reasons)
        raise InputError(f"{video}: the camera could not be tracked ({why}); figures in {report}")
    verdict = f"{tracked.kind}, {tracked.verdict}"
    say_result(
        f"{out}: {len(tracked.track)} frames, {verdict} (figures in {report})",
        lambda: {"cameras": out, "report_file": report, "report": figures},
        json,
    )


COMMANDS = {"track": track}
