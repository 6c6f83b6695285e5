"""What is said of how somebody is cut out of a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import (
    Hints,
    OptionalBackend,
    Switch,
    optional,
    parse_hint,
    parse_subject,
    parse_things,
)

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.estimators.matte.options import MatteOptions


@dataclass(frozen=True, kw_only=True)
class CutOutOptions:
    """Whom to cut out, and how.

    Args:
        subject: whom to take where there are several: their number in the line that lists them, or
            a pixel on them in the first frame (default: the most prominent).
        matte_backend: modnet, pose or selfie (networks, fetched once), or motion, which needs no
            weights (default: the first of them whose weights were fetched before).
        take_along: what the person rides, holds or carries belongs to the cut-out: what moves with
            them and touches them.
        person_alone: only the person belongs to it, also where they are seldom seen.
        hints: mend a wrong frame of the cut-out: FRAME counts from the first one in use, X,Y is a
            pixel that is the person's, or with ,out is not; what has its colour around it follows,
            also in the frames before and after. Can be given several times.
        matte_shrink: move the matte's outline inwards by so many pixels of the clip, fractions too;
            negative: outwards.
        matte_feather: soften it so that a hard edge falls from 90 to 10 percent within so many
            pixels of the clip.
    """

    subject: Annotated[str | None, optional("N|X,Y")] = None
    matte_backend: OptionalBackend = None
    take_along: Switch = False
    person_alone: Switch = False
    hints: Hints = ()
    matte_shrink: Annotated[float, arg(metavar="PX")] = 0.0
    matte_feather: Annotated[float, arg(metavar="PX")] = 0.0

    def cut_out(self) -> dict[str, Any]:
        """As ``PersonInput`` takes them.

        Raises:
            InputError: a text has no meaning, or things are to come along and to stay.
        """
        return {
            "subject": parse_subject(self.subject) if self.subject is not None else None,
            "matte_backend": self.matte_backend,
            "take_along": parse_things(self.take_along, self.person_alone),
            "hints": tuple(map(parse_hint, self.hints)),
            "matte_shrink": self.matte_shrink,
            "matte_feather": self.matte_feather,
        }

    def matte_options(self) -> MatteOptions:
        """As a matte alone takes them. Raises InputError as ``cut_out`` does."""
        from dynascene.estimators.matte.options import MatteOptions
        from dynascene.estimators.matte.outline import MatteOutline

        values = self.cut_out()
        return MatteOptions(
            backend=values["matte_backend"],
            choice=values["subject"],
            outline=MatteOutline(values["matte_shrink"], values["matte_feather"]),
            hints=values["hints"],
            take_along=values["take_along"],
        )
