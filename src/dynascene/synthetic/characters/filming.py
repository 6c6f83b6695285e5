"""Animated characters in the frames of a shot: standing, walking or running along a path.

F frames, H W pixels, V vertices. Metres; the shot's axes: x right, y down, z forward.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.rays import Rays
from dynascene.geometry.rigid import camera_centres
from dynascene.imaging.colour import srgb_from_linear
from dynascene.synthetic.characters.cycle import Cycle, measure_cycle
from dynascene.synthetic.characters.glb_file import Character, read_character
from dynascene.synthetic.characters.skinning import joint_matrices, skin_vertices
from dynascene.synthetic.people.ground_path import GroundPath
from dynascene.synthetic.solid.mesh import Mesh
from dynascene.synthetic.solid.renderer import render_solids
from dynascene.synthetic.solid.solids import Daylight, Solids
from dynascene.types import CameraTrack

FRAME_RATE = 24.0
FOLLOWED_SHARE = 0.55  # of the people, whom the operator keeps in the picture
STANDING_SHARE = 0.25  # of the others
NEAREST = 1.0  # metres before a camera
CHEST, FRAMED_SHARE = 1.2, 0.6  # metres above the ground; share of frames that show it
SLOWEST = 0.3  # metres per second; slower people stand
TRIALS = 12


class CharacterMotion(NamedTuple):
    """Where a character is and which way it faces in each frame.

    Attributes:
        positions: [F, 2] x and z, metres.
        headings: [F] radians, 0 = +z, π/2 = +x.
        distances: [F] metres walked; seconds for a cycle that goes nowhere.
        cycle: the movement.
    """

    positions: np.ndarray
    headings: np.ndarray
    distances: np.ndarray
    cycle: Cycle


def film_character(
    rng: np.random.Generator, paths: Sequence[Path], track: CameraTrack, rays: Rays, ground: float,
    metre: float, light: Daylight,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One of the characters, as the cameras see it.

    Args:
        rng: draws the character and its motion.
        paths: of the characters' files.
        track, rays: the cameras, in the place's unit.
        ground: its y, in the place's unit.
        metre: its length in the place's unit.
        light: of the place.

    Returns:
        Colour [F, 3, H, W] sRGB 0 … 1, black off the person, and matte [F, 1, H, W].

    Raises:
        InputError: OpenGL does not start, or a file is no character.
    """
    character = read_character(paths[int(rng.integers(len(paths)))])
    motion = draw_motion(rng, character, track, ground / metre, metre)
    vertices = motion_vertices(character, motion, ground / metre)
    mesh = Mesh(vertices[0], character.triangles.astype(np.int32), 0)
    soft = replace(light, wrap=0.25, corner_shade=0.0)
    solids = Solids(mesh, character.pictures, soft, ground / metre)
    rays = rays._replace(origins=rays.origins / metre)
    layer = render_solids(solids, rays, vertices=vertices).colour
    matte = layer[:, 3:].clamp(0, 1)
    colour = srgb_from_linear(layer[:, :3] / matte.clamp_min(1e-3))
    return colour.where(matte > 0, torch.zeros_like(colour)), matte


def motion_vertices(
    character: Character,
    motion: CharacterMotion,
    ground: float,
    bend: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> list[np.ndarray]:
    """The mesh in each frame, as the renderer takes it.

    Args:
        character, motion: who moves, and how.
        ground: y of the soles, metres.
        bend: from the joints' matrices of the animation [F, J, 4, 4] to those that are shown;
            by default the same.

    Returns:
        F arrays [V, 12] float32 (see ``solid.mesh``).
    """
    cycle = motion.cycle
    distances = motion.distances
    phase = cycle.phase_at(distances) if cycle.stride else distances / cycle.seconds
    animation = character.animations[cycle.name]
    matrices = joint_matrices(character, animation, (phase % 1) * animation.seconds)
    points, normals = skin_vertices(character, bend(matrices))
    lift, sideways = cycle.at(cycle.lift, phase), cycle.at(cycle.sideways, phase)
    forward = 0.0 if math.isnan(cycle.forward) else cycle.forward
    # half a turn about x takes glTF's axes to ours, and forward to π − forward
    turns = motion.headings - (math.pi - forward)
    frames = []
    for k, turn in enumerate(turns):
        c, s = math.cos(turn), math.sin(turn)
        ours = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.diag([1.0, -1.0, -1.0])
        # the side that is 90° from forward towards +x in glTF's axes
        side = ours @ [math.cos(forward), 0, -math.sin(forward)]
        x, z = motion.positions[k] + sideways[k] * side[::2]
        offset = np.array([x, ground + lift[k], z])
        vertices = points[k] @ ours.T + offset
        frames.append(
            np.concatenate(
                [vertices, normals[k] @ ours.T, character.texel, character.tint], axis=1
            ).astype(np.float32)
        )
    return frames


def draw_motion(
    rng: np.random.Generator, character: Character, track: CameraTrack, ground: float,
    metre: float,
) -> CharacterMotion:  # fmt: skip
    """A random motion before the cameras, as far as TRIALS attempts find one.

    Args:
        rng: draws it.
        character: with at least one animation.
        track: the cameras.
        ground: metres below the world's origin.
        metre: its length in the track's unit.

    Returns:
        The motion; the last attempt where none is well framed.
    """
    centres = camera_centres(track.cam_from_world).numpy()[:, ::2] / metre
    ahead = track.cam_from_world[:, 2, :3:2].numpy()
    camera_azimuths = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 1]))
    cycles = {name: measure_cycle(character, name) for name in character.animations}
    motion = _draw_motion(rng, cycles, centres, camera_azimuths)
    for _ in range(TRIALS):
        if _is_framed(motion, track, ground, metre):
            break
        motion = _draw_motion(rng, cycles, centres, camera_azimuths)
    return motion


def _is_framed(motion: CharacterMotion, track: CameraTrack, ground: float, metre: float) -> bool:
    """Whether the chest is never too near and mostly in the picture."""
    chest = np.insert(motion.positions, 1, ground - CHEST, axis=1) * metre
    poses, k = track.cam_from_world.numpy(), track.intrinsics.numpy()
    in_camera = (poses[:, :3, :3] @ chest[..., None])[..., 0] + poses[:, :3, 3]
    if in_camera[:, 2].min() < NEAREST * metre:
        return False
    pixel = (k @ (in_camera / in_camera[:, 2:])[..., None])[:, :2, 0] / tuple(track.size)
    return float(((pixel > 0) & (pixel < 1)).all(1).mean()) >= FRAMED_SHARE


def _draw_motion(
    rng: np.random.Generator,
    cycles: dict[str, Cycle],
    centres: np.ndarray,
    camera_azimuths: np.ndarray,
) -> CharacterMotion:
    frames = len(centres)
    away, middle = rng.uniform(2.3, 7.5), frames // 2
    if rng.random() < FOLLOWED_SHARE:
        azimuth = camera_azimuths + rng.normal(0, 0.12)
        away = away * np.exp(rng.normal(0, 0.1) * np.linspace(-0.5, 0.5, frames))[:, None]
        waypoints = centres + away * np.stack([np.sin(azimuth), np.cos(azimuth)], axis=1)
        speed = np.linalg.norm(waypoints[-1] - waypoints[0]) * FRAME_RATE / max(frames - 1, 1)
        fastest = 1.6 * max(cycle.speed for cycle in cycles.values())
        if speed > fastest:  # cannot keep up: passes through the picture
            waypoints = waypoints[middle] + (waypoints - waypoints[middle]) * fastest / speed
        return move_along(rng, cycles, waypoints)
    azimuth = camera_azimuths[middle] + rng.normal(0, 0.15)
    place = centres[middle] + away * np.array([np.sin(azimuth), np.cos(azimuth)])
    moving = [cycle for cycle in cycles.values() if cycle.stride]
    if rng.random() < STANDING_SHARE or not moving:
        return _stand(rng, cycles, place, camera_azimuths[middle], frames)
    cycle = moving[int(rng.integers(len(moving)))]
    time = (np.arange(frames) - middle) / FRAME_RATE
    distance = cycle.speed * rng.uniform(0.8, 1.2) * time
    heading = rng.uniform(0, 2 * math.pi) + rng.normal(0, 0.25) * distance
    steps = np.diff(distance, prepend=distance[0])[:, None]
    offsets = np.cumsum(steps * np.stack([np.sin(heading), np.cos(heading)], 1), axis=0)
    return move_along(rng, {cycle.name: cycle}, place + offsets - offsets[middle])


def move_along(
    rng: np.random.Generator, cycles: dict[str, Cycle], waypoints: np.ndarray
) -> CharacterMotion:
    """Walk or run smoothly along some points.

    Args:
        rng: draws the phase.
        cycles: by name; the one of the nearest speed is taken.
        waypoints: [F, 2] x and z, metres, one per frame; the path only passes near them.

    Returns:
        The motion at an even pace; standing where the points hardly move.
    """
    frames = len(waypoints)
    few = waypoints[np.linspace(0, frames - 1, min(frames, 5)).round().astype(int)]
    chords = np.linalg.norm(np.diff(few, axis=0), axis=1)
    speed = chords.sum() * FRAME_RATE / max(frames - 1, 1)
    moving = [cycle for cycle in cycles.values() if cycle.stride]
    knots = few[np.append(True, chords > 1e-3)]
    if len(knots) < 2 or not moving or speed < SLOWEST:
        return _stand(rng, cycles, waypoints[frames // 2], rng.uniform(-3, 3), frames)
    path = GroundPath(torch.from_numpy(knots))
    # an even pace, as people walk
    distance = torch.linspace(0, path.length, frames, dtype=torch.float64)
    cycle = min(moving, key=lambda c: abs(math.log(c.speed / speed)))
    return CharacterMotion(
        path.position(distance).numpy()[:, ::2],
        np.radians(path.heading(distance).numpy()),
        distance.numpy() + rng.uniform(0, cycle.stride),
        cycle,
    )


def _stand(
    rng: np.random.Generator, cycles: dict[str, Cycle], place: np.ndarray, camera_azimuth: float,
    frames: int,
) -> CharacterMotion:  # fmt: skip
    """On the spot, mostly turned to the camera; in mid-stride where there is no such clip."""
    still = [cycle for cycle in cycles.values() if not cycle.stride]
    seconds = np.arange(frames) / FRAME_RATE + rng.uniform(0, 4)
    heading = np.full(frames, camera_azimuth + math.pi + rng.normal(0, 0.8))
    if still:
        cycle = still[int(rng.integers(len(still)))]
    else:
        cycle, seconds = next(iter(cycles.values())), np.zeros(frames)
    return CharacterMotion(np.tile(place, (frames, 1)), heading, seconds, cycle)
