"""``dynascene points``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import optional, parse_range


def points(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    out: Annotated[Path, arg(metavar="FILE.json")],
    matte: Annotated[Path | None, optional("PATH")] = None,
    count: Annotated[int, arg(metavar="N")] = 50,
    frames: Annotated[str | None, optional("A:B")] = None,
) -> None:
    """Follow a few points of a clip's background, as generate --points takes them.

    Args:
        video: video or folder of frames, one continuous shot.
        out: the file to write.
        matte: video or folder of the same frames, white = person, who is left out.
        count: of points, 5 to 50.
        frames: use the frames A:B of the video, B excluded.
    """
    from dynascene.estimators.points.sparse import track_points
    from dynascene.interfaces.cli.display import Terminal, say
    from dynascene.io.excerpt import excerpt, open_excerpt_matte
    from dynascene.io.frames import alpha_matte, open_frames
    from dynascene.io.points import write_points

    if not 5 <= count <= 50:
        raise InputError(f"--count {count}: must be 5 to 50")
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist")
    part, whole = parse_range(frames) if frames else None, open_frames(video)
    source = excerpt(whole, part, video)
    person = open_excerpt_matte(matte, whole, part) if matte is not None else alpha_matte(source)
    with Terminal().stage("points", len(source)) as step:
        background = track_points(source, person, count, step)
    write_points(background, out)
    seen = background.points[..., 2].mean()
    say(f"{out}: {background.points.shape[1]} points, seen in {seen:.0%} of the frames on average")


COMMANDS = {"points": points}
