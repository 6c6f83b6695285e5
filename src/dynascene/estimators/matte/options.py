"""What may be asked of a matte."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dynascene.estimators.matte.backends import check_backend, default_backend
from dynascene.estimators.matte.locating import refuse_number, working_pixel
from dynascene.estimators.matte.outline import MatteOutline
from dynascene.estimators.person.backends import make_detector
from dynascene.estimators.person.subject import Choice
from dynascene.types import Size


@dataclass(frozen=True, kw_only=True)
class MatteOptions:
    """How a clip is cut out.

    Attributes:
        backend: name; None: the default one.
        choice: which person, see ``choose_subject``.
        outline: how far it moves, and how soft it becomes.
    """

    backend: str | None = None
    choice: Choice = None
    outline: MatteOutline = field(default_factory=MatteOutline)

    def check(self, clip: Path, size: Size) -> None:
        """Check what can be checked before the clip is read; fetch the backend's weights.

        Args:
            clip: the path that messages name.
            size: of its frames.

        Raises:
            InputError: there is no such backend, its weights cannot be had, or the choice cannot be
                met in this clip.
        """
        check_backend(self.backend)
        working_pixel(self.choice, 1.0, size, clip)
        name = self.backend or default_backend()
        if isinstance(self.choice, int) and name == "motion":
            refuse_number(self.choice, make_detector(fetch=False))
