"""What may be asked of a matte."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dynascene.errors import InputError
from dynascene.estimators.matte.backends import check_backend, default_backend, make_matter
from dynascene.estimators.matte.hints import Hint
from dynascene.estimators.matte.locating import refuse_number, working_pixel
from dynascene.estimators.matte.outline import MatteOutline
from dynascene.estimators.person.backends import make_detector
from dynascene.estimators.person.subject import Choice
from dynascene.types import FrameSource


@dataclass(frozen=True, kw_only=True)
class MatteOptions:
    """How a clip is cut out.

    Attributes:
        backend: name; None: the default one.
        choice: which person, see ``choose_subject``.
        outline: how far it moves, and how soft it becomes.
        hints: clicks that mend it, in pixels of the clip.
        take_along: True: what the person rides, holds or carries belongs to the matte; False: it
            does not; None: where the backend pose seldom sees the person, as it does riders, motion
            cuts out, which takes things along.
    """

    backend: str | None = None
    choice: Choice = None
    outline: MatteOutline = field(default_factory=MatteOutline)
    hints: tuple[Hint, ...] = ()
    take_along: bool | None = None

    def check(self, clip: Path, source: FrameSource) -> None:
        """Check what can be checked before the clip is read; fetch the backend's weights.

        Args:
            clip: the path that messages name.
            source: its frames.

        Raises:
            InputError: there is no such backend, its weights cannot be had, or the choice or a hint
                cannot be met in this clip.
        """
        name = self.backend or default_backend()
        if self.take_along and name in ("modnet", "selfie"):
            raise InputError(
                f"`take_along`: the backend {name} sees people alone; take the backend pose"
            )
        least = make_matter("motion").least_frames
        if self.take_along and len(source) < least:
            raise InputError(
                f"`take_along`: tells things by their movement in {least} frames or more, and "
                f"{clip} has {len(source)}"
            )
        if self.take_along is False and name == "motion":
            raise InputError(
                "`person_alone`: the backend motion takes along whatever moves with the person; "
                "take another backend, such as pose"
            )
        size = source.size
        for hint in self.hints:
            where = f"`hint` {hint.frame}:{hint.x:g},{hint.y:g}"
            if not 0 <= hint.frame < len(source):
                raise InputError(f"{where}: {clip} has the frames 0 to {len(source) - 1}")
            if not (0 <= hint.x < size.width and 0 <= hint.y < size.height):
                raise InputError(f"{where}: lies outside {clip}, which is {size}")
        check_backend(self.backend)
        working_pixel(self.choice, 1.0, size, clip)
        if isinstance(self.choice, int) and name == "motion":
            refuse_number(self.choice, make_detector(fetch=False))
