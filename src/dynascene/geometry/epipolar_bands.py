"""Where a cell of one frame may be seen again in the other frames of a clip: epipolar bands.

F frames, n = h·w cells of a frame, row by row.
"""

import torch
from torch import Tensor

from dynascene.geometry.epipolar import fundamental_matrix
from dynascene.geometry.rays import pixel_centres
from dynascene.geometry.rigid import invert_rigid
from dynascene.types import Size

NO_BASELINE = 1e-3  # of the unit: cameras nearer to each other exclude nothing


def epipolar_band(
    cam_from_world: Tensor, intrinsics: Tensor, grid: Size, frame: int, width: float
) -> Tensor:
    """The keys that the geometry allows the queries of one frame: bool [n, F, n].

    A key is allowed whose centre lies within ``width`` cells of the query's epipolar line. Frames
    without a baseline, the query's own among them, allow everything.

    Args:
        cam_from_world: [F, 4, 4].
        intrinsics: [F, 3, 3] in cells of the grid.
        grid: w and h.
        frame: of the queries.
        width: half of the band's, in cells.
    """
    poses, lenses = cam_from_world.double(), intrinsics.double()
    u, v = pixel_centres(grid, like=poses)
    across, down = torch.meshgrid(u, v, indexing="xy")
    cells = torch.stack([across, down, torch.ones_like(across)], dim=-1).flatten(0, 1)  # [n, 3]
    matrices = fundamental_matrix(poses[frame], poses, lenses[frame], lenses)
    lines = torch.einsum("fij,qj->qfi", matrices, cells)
    # the distance of x_b from the line l = F x_a is |x_bᵀ l| / ‖l₁₂‖
    reach = width * lines[..., :2].norm(dim=-1)
    distance = torch.einsum("qfi,ki->qfk", lines, cells).abs()
    shift = (poses @ invert_rigid(poses[frame]))[:, :3, 3].norm(dim=-1)
    return (distance <= reach[..., None]) | (shift <= NO_BASELINE)[:, None]
