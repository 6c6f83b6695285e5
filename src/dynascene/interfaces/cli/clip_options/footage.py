"""What is said of how a video is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from dynascene.interfaces.cli.arguments import Switch, optional, parse_range
from dynascene.io.names import Deinterlace

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from fractions import Fraction

    from dynascene.display import Display
    from dynascene.io.frames import FrameSource


class Footage(NamedTuple):
    """A video that is open.

    Attributes:
        video: its path.
        whole: all its frames.
        source: those in use.
        part: their range; None: all.
    """

    video: Path
    whole: FrameSource
    source: FrameSource
    part: tuple[int, int] | None

    def warn_of_cuts(self, display: Display) -> None:
        """Say where the frames in use seem to be several shots."""
        from dynascene.generation.takes import warn_of_cuts

        warn_of_cuts(self.video, self.source, display, self.part[0] if self.part else 0)


@dataclass(frozen=True, kw_only=True)
class FootageOptions:
    """How the video is read.

    Args:
        frames: use the frames A:B of the video, B excluded.
        deinterlace: make interlaced video pictures of one moment: frames that say that they are
            interlaced (auto), all, or none.
        fill_gaps: where a folder of frames lacks one, the frame before stands still.
    """

    frames: Annotated[str | None, optional("A:B")] = None
    deinterlace: Deinterlace = "auto"
    fill_gaps: Switch = False

    def open(self, video: Path, frame_rate: Fraction | None = None) -> Footage:
        """The frames of a video.

        Args:
            video: video or folder of frames.
            frame_rate: of a folder; None = 24 a second.

        Raises:
            InputError: it cannot be read, or lacks the frames that are asked for.
        """
        from dynascene.io.excerpt import excerpt
        from dynascene.io.frames import open_frames

        part = parse_range(self.frames) if self.frames else None
        whole = open_frames(
            video,
            deinterlace=self.deinterlace,
            fill_gaps=self.fill_gaps,
            frame_rate=frame_rate,
        )
        return Footage(video, whole, excerpt(whole, part, video), part)
