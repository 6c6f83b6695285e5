"""The options of the person, as ``dynascene generate`` takes them."""

from pathlib import Path
from typing import TYPE_CHECKING

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import parse_rate
from dynascene.io.names import AlphaKind, Deinterlace

if TYPE_CHECKING:
    from dynascene.estimators.matte.outline import MatteOutline
    from dynascene.generation.request import PersonInput
    from dynascene.io.colour_space import ColourSpace


def person_input(
    person: Path | None,
    person_height: float,
    *,
    matte: Path | None,
    subject: str | None,
    matte_backend: str | None,
    hints: tuple[str, ...],
    take_along: bool | None,
    outline: "MatteOutline",
    alpha: AlphaKind,
    deinterlace: Deinterlace,
    fill_gaps: bool,
    frame_rate: str | None,
    ocio_person: "ColourSpace | None",
) -> "PersonInput | None":
    """None without a person. Raises InputError for options that need one."""
    from dynascene.generation.request import PersonInput
    from dynascene.interfaces.cli.matting import parse_hint, parse_subject

    if person is None:
        options = {
            "matte": matte,
            "subject": subject,
            "matte_backend": matte_backend,
            "hints": hints or None,
            "take_along": take_along,
            "matte_shrink": outline.matte_shrink or None,
            "matte_feather": outline.matte_feather or None,
            "fill_gaps": fill_gaps or None,
            "frame_rate": frame_rate,
            "ocio_person": ocio_person,
        }
        if names := [name for name, value in options.items() if value is not None]:
            raise InputError(f"`{names[0]}`: there is no `person` that it could belong to")
        return None
    return PersonInput(
        person=person,
        matte=matte,
        subject=parse_subject(subject) if subject is not None else None,
        matte_backend=matte_backend,
        hints=tuple(map(parse_hint, hints)),
        take_along=take_along,
        matte_shrink=outline.matte_shrink,
        matte_feather=outline.matte_feather,
        person_height=person_height,
        alpha=alpha,
        deinterlace=deinterlace,
        fill_gaps=fill_gaps,
        frame_rate=parse_rate(frame_rate) if frame_rate else None,
        ocio_person=ocio_person,
    )
