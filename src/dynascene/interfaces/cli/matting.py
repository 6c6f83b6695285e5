"""``dynascene matte``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import (
    Hints,
    OptionalBackend,
    Switch,
    optional,
    parse_range,
    parse_rate,
    parse_things,
)
from dynascene.io.names import Deinterlace

if TYPE_CHECKING:
    from dynascene.estimators.matte.hints import Hint


def matte(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    out: Annotated[Path, arg(metavar="DIR")],
    matte_backend: OptionalBackend = None,
    subject: Annotated[str | None, optional("N|X,Y")] = None,
    take_along: Switch = False,
    person_alone: Switch = False,
    hints: Hints = (),
    matte_shrink: Annotated[float, arg(metavar="PX")] = 0.0,
    matte_feather: Annotated[float, arg(metavar="PX")] = 0.0,
    frames: Annotated[str | None, optional("A:B")] = None,
    deinterlace: Deinterlace = "auto",
    fill_gaps: Annotated[bool, arg(help_behavior_hint="")] = False,
    frame_rate: Annotated[str | None, optional("FPS")] = None,
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Cut the person out of a clip: a matte per frame, white = person.

    Args:
        video: video, or folder of frames.
        out: folder of the result: PNG frames, preview.mp4 and matte.json.
        matte_backend: modnet, pose or selfie (networks, fetched once), or motion, which needs no
            weights; default: the first of them whose weights were fetched before.
        subject: whom to take where there are several: their number in the line that lists them,
            or a pixel on them in the first frame; default: the most prominent.
        take_along: what the person rides, holds or carries belongs to the cut-out: what moves with
            them and touches them.
        person_alone: only the person belongs to it, also where they are seldom seen.
        hints: mend a wrong frame: FRAME is its number in the matte, X,Y a pixel that is the
            person's, or with ,out is not; what has its colour around it follows, also in the frames
            before and after. Can be given several times.
        matte_shrink: move the outline inwards by so many pixels of the clip, fractions too;
            negative: outwards.
        matte_feather: soften it so that a hard edge falls from 90 to 10 percent within so many
            pixels of the clip.
        frames: use the frames A:B of the video, B excluded.
        deinterlace: make interlaced video pictures of one moment: frames that say that they are
            interlaced (auto), all, or none.
        fill_gaps: where a folder of frames lacks one, the frame before stands still.
        frame_rate: frames a second of a folder of frames, such as 25 or 30000/1001 (default: 24).
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    from dynascene.estimators.matte.job import run
    from dynascene.estimators.matte.options import MatteOptions
    from dynascene.estimators.matte.outline import MatteOutline
    from dynascene.generation.takes import warn_of_cuts
    from dynascene.interfaces.cli.display import open_display, read_report, say_result
    from dynascene.io.excerpt import excerpt
    from dynascene.io.frames import open_frames

    choice = parse_subject(subject) if subject is not None else None
    options = MatteOptions(
        backend=matte_backend,
        choice=choice,
        outline=MatteOutline(matte_shrink, matte_feather),
        hints=tuple(map(parse_hint, hints)),
        take_along=parse_things(take_along, person_alone),
    )
    if not str(out).strip("."):
        raise InputError("--out names a folder of its own for the matte")
    part = parse_range(frames) if frames else None
    rate = parse_rate(frame_rate) if frame_rate else None
    whole = open_frames(video, deinterlace=deinterlace, fill_gaps=fill_gaps, frame_rate=rate)
    source, display = excerpt(whole, part, video), open_display(quiet)
    options.check(video, source)
    warn_of_cuts(video, source, display, part[0] if part else 0)
    done = run(video, source, out, options, display)
    preview = out / "preview.mp4"
    say_result(
        f"{out}: {done.frames} frames by {done.backend}, person {100 * done.share:.1f} % of the "
        f"frame, flicker {100 * done.flicker:.1f} %  (look at {preview} first)",
        lambda: {"folder": out, "preview": preview, "report": read_report(out / "matte.json")},
        json,
    )


def parse_subject(text: str) -> int | tuple[float, float]:
    """ "2" → 2, "310,220" → (310.0, 220.0); InputError where it is neither."""
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if match := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?),(\d{1,9}(?:\.\d{1,9})?)", text):
        return float(match[1]), float(match[2])
    raise InputError(f"--subject {text[:40]!r}: give a number such as 2, or a pixel as in 310,220")


def parse_hint(text: str) -> Hint:
    """ "12:310,220" → a pixel of frame 12 that is the person's, with ",out" one that is not."""
    from dynascene.estimators.matte.hints import Hint

    number = r"(\d{1,9}(?:\.\d{1,9})?)"
    if match := re.fullmatch(rf"(\d{{1,9}}):{number},{number}(,out)?", text):
        return Hint(int(match[1]), float(match[2]), float(match[3]), match[4] is None)
    raise InputError(
        f"--hint {text[:40]!r}: must be FRAME:X,Y, such as 12:310,220, and ,out where that pixel "
        "is not the person"
    )


COMMANDS = {"matte": matte}
