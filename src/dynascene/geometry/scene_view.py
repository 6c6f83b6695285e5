"""What rays meet of a place and of the cards that stand in it, without their colours.

Cards are read straight from the picture; ``paint_card`` has the canvases that are rendered.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dynascene.geometry.canvas_pixels import PHOTOGRAPHED, SOLID
from dynascene.geometry.card_canvas import goes_on
from dynascene.geometry.continuation import continue_picture
from dynascene.geometry.lifting import LiftedScene, SceneLayer
from dynascene.geometry.panorama import angles_from_directions
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import COARSE, coarse_rays
from dynascene.geometry.rays import Rays, track_rays
from dynascene.types import CameraTrack, Size


class SceneView(NamedTuple):
    """What rays meet first.

    points: [..., 3] in the scene's world. photographed: bool [...], whether the picture shows them;
    points behind the nearer things of a depth map count as shown.
    """

    points: Tensor
    photographed: Tensor


class CardView(NamedTuple):
    """The nearest card on each ray.

    points: [..., 3], anything where there is none. is_card: bool [...], whether there is one.
    photographed: bool [...], whether the picture shows that part of it.
    """

    points: Tensor
    is_card: Tensor
    photographed: Tensor


def view_coarsely(track: CameraTrack, scene: LiftedScene, grid: Size = COARSE) -> SceneView:
    """What a coarse grid of rays [F, rows, columns], up to each frame's border, meets.

    Args:
        track: in the scene's world.
        scene: with its cards.
        grid: of the rays in each frame.
    """
    origins, directions = coarse_rays(track, grid)
    points = scene.surface.hit(origins, directions)
    pixels, photographed = scene.camera.pixels_from_directions(points)
    if not scene.cards:
        return SceneView(points, photographed)
    photographed &= _at_pixels(scene.layers[0].picture[PHOTOGRAPHED], pixels) > 0.5
    cards = view_cards(scene, origins, directions)
    return SceneView(
        cards.points.where(cards.is_card[..., None], points),
        cards.photographed.where(cards.is_card, photographed),
    )


def view_cards(scene: LiftedScene, origins: Tensor, directions: Tensor) -> CardView:
    """The nearest of a scene's cards on each ray; at least one.

    Args:
        scene: with cards.
        origins, directions: [..., 3] of one shape.
    """
    nearest = torch.full_like(directions[..., 0], torch.inf)
    points, photographed = torch.zeros_like(directions), torch.zeros_like(nearest, dtype=torch.bool)
    for card in scene.cards:
        hits = card.surface.hit(origins, directions)
        is_solid, is_shown = _shows(card, scene.camera, hits)
        distance = (hits - origins).norm(dim=-1)
        takes = is_solid & (distance < nearest)
        nearest = distance.where(takes, nearest)
        points = hits.where(takes[..., None], points)
        photographed = is_shown.where(takes, photographed)
    return CardView(points, nearest.isfinite(), photographed)


def view_cards_of(track: CameraTrack, scene: LiftedScene) -> tuple[Rays, CardView]:
    """The rays of all pixels of a track, in the scene's world, and the cards on them."""
    rays = track_rays(track)
    return rays, view_cards(scene, rays.origins.expand_as(rays.directions), rays.directions)


def is_behind(card: SceneLayer, camera: PictureCamera, points: Tensor, margin: float) -> Tensor:
    """Whether points [..., 3] lie where a card hides them from the scene camera: bool [...].

    A way that leads through a card from its front goes on there.

    Args:
        card: of the scene.
        camera: of the picture.
        points: in the scene's world.
        margin: a share of the card's distance, by which a point in front of it counts as behind.
    """
    hits = card.surface.hit(torch.zeros_like(points), points)
    is_solid, _ = _shows(card, camera, hits)
    ahead = (hits * points).sum(dim=-1) > 0
    return ahead & is_solid & (points.norm(dim=-1) > (1 - margin) * hits.norm(dim=-1))


def _shows(card: SceneLayer, camera: PictureCamera, points: Tensor) -> tuple[Tensor, Tensor]:
    """Whether a card is solid at points [..., 3] on its screen, and the picture shows it there."""
    pixels, photographed, _ = continue_picture(camera, *angles_from_directions(points))
    is_solid = (_at_pixels(card.picture[SOLID], pixels) > 0.5) & goes_on(card, camera, points)
    return is_solid, photographed


def _at_pixels(values: Tensor, pixels: Tensor) -> Tensor:
    """Values [H, W] at pixels [..., 2], whatever lies outside at the nearest border."""
    height, width = values.shape
    columns, rows = pixels.long().unbind(-1)
    return values[rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
