"""What may be asked of a matte."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynascene.estimators.matte.outline import MatteOutline
from dynascene.estimators.person.subject import Choice


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
