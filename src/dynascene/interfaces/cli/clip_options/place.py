"""What is said of the place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import (
    OptionalDegrees,
    OptionalNumber,
    OptionalPath,
    OptionalPlace,
    Uprights,
    optional,
    parse_box,
    parse_stand,
)

if TYPE_CHECKING:  # imported where they are made: --help must not wait for torch
    from dynascene.generation.place_request import PlaceInput
    from dynascene.io.colour_space import ColourSpace


@dataclass(frozen=True, kw_only=True)
class PlaceOptions:
    """The picture of the place, its shape, and where in it the person stands.

    Args:
        scene: the picture of the place.
        scene_fov: horizontal field of view of the picture in degrees, 360 for an equirectangular
            panorama (default: what the picture's tags say, else 60 or what suits the clip's
            camera).
        scene_depth: depth map of the picture, larger = farther (16-bit PNG, TIFF or npy).
        horizon: height of the horizon in the picture, 0 = top, 1 = bottom (default: estimated).
        place: shape of the place: ground (level ground and a backdrop), box (floor, walls and
            ceiling, as far as the picture has them) or depth (default: by depth where there is one,
            else a box where the picture's lines tell it clearly, else ground).
        box: the box's back wall in pixels of the picture: upper left and lower right corner, and
            where wanted the vanishing point of the side walls (default: in the middle, on the
            horizon); a corner on the picture's border leaves that side open.
        upright: a car, table or the like in the picture that is to stand, rather than be painted on
            the ground: the corners of a box around it in pixels, and where wanted two points where
            it meets the ground. Can be given several times.
        stand: where in the picture the person's feet are, in its pixels, in the first frame that
            shows them. The person's pixels stay as filmed: the camera is put where it must stand.
        person_scale: how large the person is against the place (1 = as estimated); moves the camera
            too, and resizes nobody.
    """

    scene: Annotated[Path, arg(metavar="IMAGE")]
    scene_fov: OptionalDegrees = None
    scene_depth: OptionalPath = None
    horizon: OptionalNumber = None
    place: OptionalPlace = None
    box: Annotated[str | None, optional("X0,Y0,X1,Y1[,VX,VY]")] = None
    upright: Uprights = ()
    stand: Annotated[str | None, optional("X,Y")] = None
    person_scale: Annotated[float, arg(metavar="NUMBER")] = 1.0

    def request(self, space: ColourSpace | None) -> PlaceInput:
        """The place, whose picture has this colour space. InputError for what makes no sense."""
        from dynascene.generation.place_request import PlaceInput, upright_from_text

        return PlaceInput(
            scene=self.scene,
            scene_fov=self.scene_fov,
            horizon=self.horizon,
            scene_depth=self.scene_depth,
            place=self.place,
            box=parse_box(self.box) if self.box else None,
            upright=tuple(map(upright_from_text, self.upright)),
            stand=parse_stand(self.stand) if self.stand is not None else None,
            person_scale=self.person_scale,
            ocio_scene=space,
        )
