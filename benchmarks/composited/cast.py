"""The person of a take, with their thing, as triangles at every moment.

T moments, V vertices.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from composited.bearer import Part, bearer_of
from composited.postures import assume
from composited.shapes import Surface, union
from composited.takes import Take
from composited.things import THINGS, cover
from dynascene.synthetic.characters.cycle import measure_cycle
from dynascene.synthetic.characters.filming import CharacterMotion, motion_vertices
from dynascene.synthetic.characters.glb_file import Character, read_character
from dynascene.synthetic.solid.mesh import Mesh


class Cast(NamedTuple):
    """What is rendered.

    Attributes:
        mesh: of the first moment.
        vertices: T arrays [V, 12].
        pictures: see ``Solids``.
        positions: [T, 2] x and z of the person, metres.
        contacts: [T, 2] each, x and z of what darkens the ground.
    """

    mesh: Mesh
    vertices: list[np.ndarray]
    pictures: np.ndarray
    positions: np.ndarray
    contacts: list[np.ndarray]


def cast_of(take: Take, imagery: Path, ground: float, seconds: np.ndarray) -> Cast:
    """The person and the thing at some times.

    Args:
        take: who does what.
        imagery: the folder of training imagery.
        ground: metres below the first camera.
        seconds: [T].
    """
    character = read_character(imagery / "characters" / f"{take.character}.glb")
    motion = motion_of(take, character, seconds)
    if take.thing is None:
        vertices = motion_vertices(character, motion, ground)
        mesh = Mesh(vertices[0], character.triangles.astype(np.int32), 0)
        return Cast(mesh, vertices, character.pictures, motion.positions, [motion.positions])
    thing = THINGS[take.thing]
    places = np.insert(motion.positions, 1, ground, axis=1)
    way = np.append(0.0, np.linalg.norm(np.diff(motion.positions, axis=0), axis=1).cumsum())
    bend = partial(assume, character, posture=thing.posture(way))
    turned = motion._replace(headings=motion.headings + math.radians(thing.facing))
    vertices = motion_vertices(character, turned, ground - thing.rise, bend)
    pictures, skins = cover(imagery, character.pictures)
    bearer = bearer_of(character, vertices, places, motion.headings)
    return _join(character, vertices, pictures, motion, thing.parts(bearer, skins))


def motion_of(take: Take, character: Character, seconds: np.ndarray) -> CharacterMotion:
    """Straight ahead, at the animation's own pace or gliding; on the spot where it has neither."""
    cycle = measure_cycle(character, take.action)
    heading = math.radians(take.heading)
    way = (cycle.speed + take.glide) * seconds
    positions = np.array(take.start) + way[:, None] * [math.sin(heading), math.cos(heading)]
    distances = way if cycle.stride else seconds
    return CharacterMotion(positions, np.full(len(seconds), heading), distances, cycle)


def _join(
    character: Character,
    vertices: list[np.ndarray],
    pictures: np.ndarray,
    motion: CharacterMotion,
    parts: list[Part],
) -> Cast:
    thing = [np.concatenate([_place(p, t) for p in parts]) for t in range(len(vertices))]
    both = [np.concatenate(pair) for pair in zip(vertices, thing, strict=True)]
    person = Surface(vertices[0], character.triangles.astype(np.int32))
    triangles = union([person, *(p.surface for p in parts)]).triangles
    contacts = [motion.positions, *(p.poses[:, [0, 2], 3] for p in parts)]
    return Cast(Mesh(both[0], triangles, 0), both, pictures, motion.positions, contacts)


def _place(part: Part, moment: int) -> np.ndarray:
    """A part's vertices in the world: [V, 12]."""
    pose, placed = part.poses[moment], part.surface.vertices.copy()
    placed[:, :3] = placed[:, :3] @ pose[:3, :3].T + pose[:3, 3]
    placed[:, 3:6] = placed[:, 3:6] @ pose[:3, :3].T
    return placed
