"""Light on the synthetic person: sun and sky, hidden by the body itself where it is in the way.

V vertices.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

SHADOW_CELL = 0.024  # metres; wider than the vertices are apart, so the map has no holes
SHADOW_BIAS = 0.035
# how far behind the blocker a vertex is fully shaded: metres; soft for the sky, which is wide
SUN_FADE, SKY_FADE = 0.03, 0.12
SKY_DIRECTIONS = (  # the sky is sampled from here (towards the light; y down)
    (0.0, -1.0, 0.0), (0.75, -0.65, 0.0), (-0.75, -0.65, 0.0), (0.0, -0.65, 0.75),
    (0.0, -0.65, -0.75), (0.6, -0.25, 0.75), (-0.6, -0.25, 0.75), (0.6, -0.25, -0.75),
    (-0.6, -0.25, -0.75),
)  # fmt: skip


@dataclass(frozen=True)
class Light:
    """Sun and sky. Colours are the linear light that a white surface square to them reflects.

    Attributes:
        sun_from: towards the sun in the world (y down).
        sun, sky, ground: colours.
    """

    sun_from: tuple[float, float, float] = (-0.55, -0.75, -0.60)
    sun: tuple[float, float, float] = (1.00, 0.94, 0.84)
    sky: tuple[float, float, float] = (0.60, 0.66, 0.75)
    ground: tuple[float, float, float] = (0.30, 0.27, 0.23)


def light_towards(vertices: Tensor, normals: Tensor, eye: Tensor, light: Light) -> Tensor:
    """The light that leaves a white surface towards the camera.

    Args:
        vertices, normals: [V, 3], world.
        eye: [3], the camera's centre.
        light: sun and sky.

    Returns:
        [V, 4]: linear light, and gloss.
    """
    sun_from = torch.nn.functional.normalize(vertices.new_tensor(light.sun_from), dim=0)
    sun_angle = normals @ sun_from
    # skin and cloth scatter: the light wraps a little around the edge of the shade
    sun = ((sun_angle + 0.15) / 1.15).clamp(min=0) * _light_visibility(
        vertices, normals, sun_from, SUN_FADE
    )
    open_sky = _open_sky(vertices, normals)
    up = (0.5 - 0.5 * normals[:, 1])[:, None]
    sky_light, ground_light = (vertices.new_tensor(c) for c in (light.sky, light.ground))
    ambient = (up * sky_light + (1 - up) * ground_light) * (0.25 + 0.75 * open_sky[:, None])
    view = torch.nn.functional.normalize(eye.to(vertices) - vertices, dim=-1)
    grazing = (1 - (normals * view).sum(-1).clamp(0, 1)) ** 4
    rim = 0.28 * grazing[:, None] * sky_light * open_sky[:, None]
    half = torch.nn.functional.normalize(view + sun_from, dim=-1)
    gloss = (normals * half).sum(-1).clamp(min=0) ** 22 * sun
    diffuse = ambient + sun[:, None] * vertices.new_tensor(light.sun) + rim
    return torch.cat([diffuse, gloss[:, None]], dim=-1)


def _open_sky(vertices: Tensor, normals: Tensor) -> Tensor:
    """Share of the sky above each vertex that the body does not hide, 0 … 1 [V]."""
    sky, total = torch.zeros_like(vertices[:, 0]), torch.zeros_like(vertices[:, 0])
    for direction in SKY_DIRECTIONS:
        towards = torch.nn.functional.normalize(vertices.new_tensor(direction), dim=0)
        weight = (normals @ towards + 0.25).clamp(min=0)
        sky += weight * _light_visibility(vertices, normals, towards, SKY_FADE)
        total += weight
    return sky / total.clamp(min=1e-3)


def _light_visibility(vertices: Tensor, normals: Tensor, towards: Tensor, fade: float) -> Tensor:
    """How freely each vertex sees a distant light, 0 … 1 [V]: a shadow map of the vertices.

    The comparison is blended over 2 × 2 cells (percentage-closer filtering) and over ``fade``.
    """
    helper = vertices.new_tensor([0.0, 0.0, 1.0] if abs(float(towards[1])) > 0.8 else [0, 1.0, 0])
    u = torch.nn.functional.normalize(torch.linalg.cross(towards, helper, dim=-1), dim=0)
    basis = torch.stack([u, torch.linalg.cross(towards, u, dim=-1), towards], dim=-1)
    place = vertices @ basis
    origin = place[:, :2].amin(0) - 2 * SHADOW_CELL
    cell = ((place[:, :2] - origin) / SHADOW_CELL).round().long()
    columns, rows = (int(n) + 4 for n in cell.amax(0))
    nearest = vertices.new_full((rows * columns,), -1e6)
    nearest.scatter_reduce_(0, cell[:, 1] * columns + cell[:, 0], place[:, 2], "amax")
    probe = place + 0.012 * (normals @ basis)  # looked up a little off the surface
    probe_cell = (probe[:, :2] - origin) / SHADOW_CELL
    corner = probe_cell.floor()
    (x, y), (column, row) = (probe_cell - corner).T, corner.long().T
    height = probe[:, 2] + SHADOW_BIAS
    shade = torch.zeros_like(height)
    for dx, across in ((0, 1 - x), (1, x)):
        for dy, down in ((0, 1 - y), (1, y)):
            above = nearest[(row + dy) * columns + column + dx] - height
            shade += across * down * (above / fade).clamp(0, 1)
    return 1 - shade
