"""A person's body as one skinned mesh, built once per look.

V vertices, T triangles, B bones.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor

from dynascene.synthetic.people.anatomy import PARTS, Part, body_parts
from dynascene.synthetic.people.look import PersonLook
from dynascene.synthetic.people.skeleton import BONES, REST_HEIGHT, rest_joints
from dynascene.synthetic.people.surface import (
    blended_distance,
    extract_surface,
    vertex_normals,
)

# bones from the trunk outwards: which joint each turns about (for the trunk: how high that is),
# and the half width of the skin that bends there
_TRUNK = (
    ("spine", 1.02, 0.09),
    ("chest", 1.20, 0.09),
    ("neck", 1.475, 0.03),
    ("head", 1.57, 0.035),
)
_LIMBS = {
    "arm": ("upper_arm", (("forearm", "elbow", 0.055), ("hand", "wrist", 0.02))),
    "leg": ("thigh", (("shin", "knee", 0.075), ("foot", "ankle", 0.025), ("toes", "ball", 0.035))),
}


@dataclass(frozen=True)
class Body:
    """A person's mesh and what moves and paints it.

    Attributes:
        look: the person.
        vertices, normals: [V, 3] in the rest pose, in the person's size.
        rest: [V, 3] the vertices at 1.75 m, where the paint is defined.
        faces: [T, 3] counter-clockwise seen from outside.
        skin: [V, B] weights; rows sum to 1.
        part: [V] index into ``PARTS``.
    """

    look: PersonLook
    vertices: Tensor
    normals: Tensor
    rest: Tensor
    faces: Tensor
    skin: Tensor
    part: Tensor


@lru_cache(maxsize=16)
def build_body(look: PersonLook, voxel: float = 0.009) -> Body:
    """Mesh a person on the CPU; once per look and voxel.

    Args:
        look: the person.
        voxel: metres between vertices on the clothes (finer on head and hands). 0.009 suits
            a person some 400 pixels tall, 0.018 one of 100.

    Returns:
        The body in its rest pose.
    """
    vertices, faces, normals, skin, part_index = [], [], [], [], []
    count = 0
    for part in body_parts(look):
        v, f = _mesh(part, voxel)
        vertices.append(v)
        faces.append(f + count)
        normals.append(vertex_normals(v, f))
        skin.append(_skin_weights(part, v))
        part_index.append(torch.full((len(v),), PARTS.index(part.name)))
        count += len(v)
    rest = torch.cat(vertices)
    return Body(
        look,
        rest * (look.height / REST_HEIGHT),
        torch.cat(normals),
        rest,
        torch.cat(faces),
        torch.cat(skin),
        torch.cat(part_index),
    )


def _mesh(part: Part, voxel: float) -> tuple[Tensor, Tensor]:
    """Shapes that hang together are meshed in one grid; hands, say, in two, which is cheaper."""
    limbs = {loft.limb for loft in part.lofts}
    groups = [limbs] if "trunk" in limbs else [{limb} for limb in sorted(limbs)]
    vertices, faces, count = [], [], 0
    for group in groups:
        lofts = [loft for loft in part.lofts if loft.limb in group]
        bounds = [loft.bounds() for loft in lofts]
        size = voxel * part.fineness
        low = torch.stack([b[0] for b in bounds]).amin(0) - 2 * size
        high = torch.stack([b[1] for b in bounds]).amax(0) + 2 * size
        distance = partial(blended_distance, lofts, carve=part.carve)
        v, f = extract_surface(distance, low, high, size)
        vertices.append(v)
        faces.append(f + count)
        count += len(v)
    return torch.cat(vertices), torch.cat(faces)


def _skin_weights(part: Part, points: Tensor) -> Tensor:
    """[V, B]: which limb by the nearest shapes, which bone of it by the place along the limb."""
    limbs = sorted({loft.limb for loft in part.lofts})
    nearest = torch.stack(
        [
            torch.stack([loft.distance(points) for loft in part.lofts if loft.limb == limb]).amin(0)
            for limb in limbs
        ]
    )
    weights = torch.zeros(len(points), len(BONES))
    shares = torch.softmax(-(nearest.clamp(min=0) / part.softness).square(), dim=0)
    for limb, share in zip(limbs, shares, strict=True):
        along = _along_trunk(points) if limb == "trunk" else _along_limb(limb, part, points)
        for bone, weight in along.items():
            weights[:, BONES.index(bone)] += share * weight
    return weights


def _along_trunk(points: Tensor) -> dict[str, Tensor]:
    """Weights of the trunk's bones by height, summing to 1."""
    steps = [(bone, _ramp(-points[:, 1] - up, width)) for bone, up, width in _TRUNK]
    return _chain_weights("pelvis", steps)


def _along_limb(limb: str, part: Part, points: Tensor) -> dict[str, Tensor]:
    """Weights of a limb's bones by the place along it, summing to 1."""
    joints = {name: place.float() for name, place in rest_joints().items()}
    side, kind = limb.split("_")
    first, chain = _LIMBS[kind]
    if part.name == "shoes":
        first = "foot"
    root, tip = ("shoulder", "wrist") if kind == "arm" else ("hip", "ankle")
    axis = joints[f"{side}_{tip}"] - joints[f"{side}_{root}"]
    steps = []
    for bone, joint, width in chain:
        if joint in part.bends_at:
            way = points.new_tensor([0.0, 0.0, 1.0]) if bone == "toes" else axis / axis.norm()
            offset = (points - joints[f"{side}_{joint}"]) @ way
            steps.append((f"{side}_{bone}", _ramp(offset, width)))
    if kind == "arm" and part.name == "hands":
        first = "forearm"
    return _chain_weights(f"{side}_{first}", steps)


def _chain_weights(first: str, steps: list[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """Bone after bone, each taking over the share (0 … 1) that lies beyond its joint."""
    weights, rest, current = {}, torch.ones(()), first
    for bone, beyond in steps:
        weights[current] = rest * (1 - beyond)
        rest, current = rest * beyond, bone
    return weights | {current: rest}


def _ramp(offset: Tensor, half_width: float) -> Tensor:
    """0 → 1 smoothly over −half_width … half_width."""
    t = (offset / (2 * half_width) + 0.5).clamp(0, 1)
    return t * t * (3 - 2 * t)
