"""The guide straight from the scene picture, without a canvas.

F frames, H W pixels of a frame.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dynascene.geometry.box_continuation import continue_place
from dynascene.geometry.panorama import angles_from_directions
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.rays import Rays
from dynascene.geometry.surface import Surface
from dynascene.imaging.resizing import shrink


def picture_guide(
    picture: Tensor, camera: PictureCamera, surface: Surface, rays: Rays
) -> tuple[Tensor, Tensor]:
    """The guide of all frames at once, straight from the picture.

    The same projection and continuation as ``paint_canvas`` and ``render_guide``, which read the
    picture through a canvas for the sake of long clips; they agree up to resampling.

    Args:
        picture: [C, h, w] of ``camera``, sRGB 0 … 1; further channels are projected like colour.
        camera: of the picture.
        surface: the scene's.
        rays: in the scene's world.

    Returns:
        Colour [F, C, H, W], and visibility [F, 1, H, W]: 1 where the picture shows the place, 0
        where it is continued.
    """
    points = surface.hit(rays.origins.expand_as(rays.directions), rays.directions)
    pixel, inside = camera.pixels_from_directions(points)
    revealed = ~inside
    angles = angles_from_directions(points[revealed])
    pixel[revealed] = continue_place(camera, surface, *angles).pixel
    grid = pixel / pixel.new_tensor(tuple(camera.size)) * 2 - 1
    # no denser than the frames, or it would alias
    matched = shrink(
        picture, round(camera.size.width * min(1.0, rays.largest_focal / camera.focal))
    )
    colour = F.grid_sample(
        matched[None].expand(len(grid), -1, -1, -1), grid, mode="bicubic",
        padding_mode="border", align_corners=False,
    )  # fmt: skip
    return colour.clamp(0, 1), inside[:, None].to(torch.float32)
