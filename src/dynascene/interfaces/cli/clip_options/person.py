"""What is said of the filmed person."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import OptionalPath, Switch, optional, parse_rate
from dynascene.interfaces.cli.clip_options.cut_out import CutOutOptions
from dynascene.io.names import AlphaKind, Deinterlace

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.generation.request import PersonInput
    from dynascene.io.colour_space import ColourSpace

# what holds without a person too, or comes with a value of its own
GENERAL = ("person_height", "alpha", "deinterlace")


@dataclass(frozen=True, kw_only=True)
class PersonOptions(CutOutOptions):
    """The person's clip, and how they are cut out of it.

    Args:
        matte: video or folder of the same frames, white = person (or animal, or object); default:
            the alpha of PERSON, else cut out as by dynascene matte.
        person_height: the person's height in metres; tells the scale where the camera is tracked.
        alpha: whether the person's colours were multiplied by their alpha (auto: told by the file,
            else by the colours).
        deinterlace: make interlaced video pictures of one moment: frames that say that they are
            interlaced (auto), all, or none.
        fill_gaps: where a folder of frames lacks one, the frame before stands still.
        frame_rate: frames a second of a folder of frames, such as 25 or 30000/1001 (default: 24).
    """

    matte: OptionalPath = None
    person_height: Annotated[float, arg(metavar="METRES")] = 1.7
    alpha: AlphaKind = "auto"
    deinterlace: Deinterlace = "auto"
    fill_gaps: Switch = False
    frame_rate: Annotated[str | None, optional("FPS")] = None

    def request(self, person: Path | None, space: ColourSpace | None) -> PersonInput | None:
        """The person of a clip with this colour space; None without one.

        Raises:
            InputError: an option needs a person, or makes no sense.
        """
        from dynascene.generation.request import PersonInput

        cut_out = self.cut_out()
        if person is None:
            self._check_no_person(space)
            return None
        return PersonInput(
            person=person,
            matte=self.matte,
            **cut_out,
            person_height=self.person_height,
            alpha=self.alpha,
            deinterlace=self.deinterlace,
            fill_gaps=self.fill_gaps,
            frame_rate=parse_rate(self.frame_rate) if self.frame_rate else None,
            ocio_person=space,
        )

    def _check_no_person(self, space: ColourSpace | None) -> None:
        """Raises InputError for an option that needs a person."""
        own = [field for field in fields(self) if field.name not in GENERAL]
        names = [field.name for field in own if getattr(self, field.name) != field.default]
        if space is not None:
            names.append("ocio_person")
        if names:
            raise InputError(f"`{names[0]}`: there is no `person` that it could belong to")
