"""A person's body as one skinned mesh, built once per look.

V vertices, T triangles, B bones.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from dynascene.datasets.synthetic.anatomy import PARTS, Part, body_parts
from dynascene.datasets.synthetic.look import PersonLook
from dynascene.datasets.synthetic.skeleton import BONES, REST_HEIGHT, SIDES, rest_joints
from dynascene.datasets.synthetic.surface import (
    Loft,
    blended_distance,
    extract_surface,
    vertex_normals,
)

LIMB_SOFTNESS = 0.016  # metres over which a limb's skin goes over into the trunk's

# bones of each limb from the trunk outwards; about which joint each turns, the half width of the
# skin that bends with it, and the direction in which the limb continues there
_ROOT = (("spine", 1.02, 0.09), ("chest", 1.20, 0.09), ("neck", 1.475, 0.03), ("head", 1.57, 0.035))
_ARM = (("forearm", "elbow", 0.055), ("hand", "wrist", 0.02))
_LEG = (("shin", "knee", 0.075), ("foot", "ankle", 0.025), ("toes", "ball", 0.035))


@dataclass(frozen=True)
class Body:
    """vertices, normals: [V, 3] in the rest pose, in the person's size. rest: [V, 3], the vertices
    at 1.75 m, where the paint is defined. faces: [T, 3], counter-clockwise seen from outside. skin: [V, B]
    weights, rows sum to 1. part: [V] index into ``PARTS``."""

    look: PersonLook
    vertices: Tensor
    normals: Tensor
    rest: Tensor
    faces: Tensor
    skin: Tensor
    part: Tensor

    def to(self, device: torch.device | str) -> "Body":
        moved = (getattr(self, name).to(device) for name in _TENSORS)
        return Body(self.look, *moved)


_TENSORS = ("vertices", "normals", "rest", "faces", "skin", "part")


@lru_cache(maxsize=16)
def build_body(look: PersonLook, voxel: float = 0.009) -> Body:
    """Mesh a person on the CPU. ``voxel``: metres between vertices on the clothes (finer on head
    and hands); 0.009 suits a person some 400 pixels tall, 0.018 one of 100."""
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
    """Connected groups of shapes are meshed each in a grid of their own, which is much smaller."""
    sides = [[loft for loft in part.lofts if loft.bone.startswith(side)] for side in SIDES]
    both = part.lofts if len(sides[0]) + len(sides[1]) != len(part.lofts) else None
    groups = [list(both)] if both else sides
    vertices, faces, count = [], [], 0
    for lofts in groups:
        bounds = [loft.bounds() for loft in lofts]
        size = voxel * part.fineness
        low = torch.stack([b[0] for b in bounds]).amin(0) - 2 * size
        high = torch.stack([b[1] for b in bounds]).amax(0) + 2 * size
        v, f = extract_surface(
            lambda points, lofts=lofts: blended_distance(lofts, points, part.carve), low, high, size
        )
        vertices.append(v)
        faces.append(f + count)
        count += len(v)
    return torch.cat(vertices), torch.cat(faces)


def _skin_weights(part: Part, points: Tensor) -> Tensor:
    """[V, B]: which limb by the nearest shapes, which bone of it by the place along the limb."""
    groups: dict[str, list[Loft]] = {}
    for loft in part.lofts:
        groups.setdefault(_limb(loft.bone), []).append(loft)
    nearest = torch.stack(
        [torch.stack([loft.distance(points) for loft in lofts]).amin(0) for lofts in groups.values()]
    )
    share = torch.softmax(-nearest / LIMB_SOFTNESS, dim=0)
    present = {loft.bone for loft in part.lofts}
    weights = torch.zeros(len(points), len(BONES))
    for limb, amount in zip(groups, share, strict=True):
        for bone, along in _along_limb(limb, present, points).items():
            weights[:, BONES.index(bone)] += amount * along
    return weights


def _limb(bone: str) -> str:
    if bone.endswith(("upper_arm", "forearm", "hand")):
        return bone.split("_")[0] + "_arm"
    if bone.endswith(("thigh", "shin", "foot", "toes")):
        return bone.split("_")[0] + "_leg"
    return "trunk"


def _along_limb(limb: str, present: set[str], points: Tensor) -> dict[str, Tensor]:
    """Weights of a limb's bones by the place along it, summing to 1; only bones of this part."""
    joints = {name: place.float() for name, place in rest_joints().items()}
    passed: list[tuple[str, Tensor]] = []
    if limb == "trunk":
        first = "pelvis"
        for bone, up, width in _ROOT:
            passed.append((bone, _ramp(-points[:, 1] - up, width)))
    else:
        side, kind = limb.split("_")
        root, tip, chain, first = (
            ("shoulder", "wrist", _ARM, f"{side}_upper_arm")
            if kind == "arm"
            else ("hip", "ankle", _LEG, f"{side}_thigh")
        )
        axis = joints[f"{side}_{tip}"] - joints[f"{side}_{root}"]
        axis = axis / axis.norm()
        for bone, joint, width in chain:
            way = points.new_tensor([0.0, 0.0, 1.0]) if bone == "toes" else axis
            offset = (points - joints[f"{side}_{joint}"]) @ way
            passed.append((f"{side}_{bone}", _ramp(offset, width)))
    weights, rest, current = {}, torch.ones(len(points)), first
    for bone, beyond in passed:
        if limb != "trunk" and bone not in present:
            continue
        weights[current] = rest * (1 - beyond) + weights.get(current, 0.0)
        rest, current = rest * beyond, bone
    weights[current] = rest
    if limb != "trunk" and first not in present:  # a shoe has no thigh: its first bone takes over
        heir = next(bone for bone, _ in passed if bone in present)
        weights[heir] = weights[heir] + weights.pop(first)
    return weights


def _ramp(offset: Tensor, half_width: float) -> Tensor:
    """0 → 1 smoothly over −half_width … half_width."""
    t = (offset / (2 * half_width) + 0.5).clamp(0, 1)
    return t * t * (3 - 2 * t)
