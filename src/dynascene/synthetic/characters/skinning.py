"""Posing a character: clips sampled at times, and linear blend skinning.

T times, V vertices, N nodes, J joints. Metres, glTF's axes.
"""

import numpy as np

from dynascene.synthetic.characters.glb_file import Animation, Channel, Character


def sample_channel(channel: Channel, times: np.ndarray) -> np.ndarray:
    """A channel's values at some times, interpolated as glTF 2.0 says.

    Args:
        channel: with K ≥ 1 keys.
        times: [T] seconds; beyond the keys the first or last one holds.

    Returns:
        [T, 3 or 4]; rotations of unit length.
    """
    keys = channel.times
    after = np.clip(np.searchsorted(keys, times, side="right"), 1, max(len(keys) - 1, 1))
    if len(keys) == 1:
        values = channel.values[:, 1] if channel.interpolation == "CUBICSPLINE" else channel.values
        return np.repeat(values, len(times), axis=0)
    before = after - 1
    span = (keys[after] - keys[before])[:, None]
    t = np.clip((times - keys[before])[:, None] / span, 0, 1)
    if channel.interpolation == "STEP":
        return np.where(t < 1, channel.values[before], channel.values[after])
    if channel.interpolation == "CUBICSPLINE":
        _, start, leaving = channel.values[before].swapaxes(0, 1)
        arriving, end, _ = channel.values[after].swapaxes(0, 1)
        values = (
            (2 * t**3 - 3 * t**2 + 1) * start + span * (t**3 - 2 * t**2 + t) * leaving
            + (3 * t**2 - 2 * t**3) * end + span * (t**3 - t**2) * arriving
        )  # fmt: skip
        return _unit(values) if channel.path == "rotation" else values
    start, end = channel.values[before], channel.values[after]
    if channel.path != "rotation":
        return start + t * (end - start)
    return _slerp(start, end, t)


def _unit(q: np.ndarray) -> np.ndarray:
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def _slerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    dot = (a * b).sum(-1, keepdims=True)
    b, dot = np.where(dot < 0, -b, b), np.abs(dot)
    angle = np.arccos(np.clip(dot, -1, 1))
    sine = np.sin(angle)
    straight = sine < 1e-5
    safe = np.where(straight, 1, sine)
    bent = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / safe
    return _unit(np.where(straight, a + t * (b - a), bent))


def _rotation_matrix(q: np.ndarray) -> np.ndarray:
    """Unit quaternions x y z w [..., 4] → [..., 3, 3]."""
    x, y, z, w = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def joint_matrices(
    character: Character, animation: Animation | None, times: np.ndarray
) -> np.ndarray:
    """The motion of each joint.

    Args:
        character: whose joints they are.
        animation: None = the pose at rest.
        times: [T] seconds.

    Returns:
        [T, J, 4, 4], posed from unposed.
    """
    count = len(times)
    parts = {
        name: np.repeat(value[:, None], count, axis=1)
        for name, value in (
            ("translation", character.translation),
            ("rotation", character.rotation),
            ("scale", character.scale),
        )
    }
    for channel in animation.channels if animation else ():
        if channel.path in parts:
            parts[channel.path][channel.node] = sample_channel(channel, times)
    local = np.zeros((len(character.parents), count, 4, 4))
    local[..., :3, :3] = _rotation_matrix(parts["rotation"]) * parts["scale"][..., None, :]
    local[..., :3, 3] = parts["translation"]
    local[..., 3, 3] = 1
    world = local
    for node in character.order:  # parents first
        if character.parents[node] >= 0:
            world[node] = world[character.parents[node]] @ local[node]
    return world[character.skin].swapaxes(0, 1) @ character.inverse_bind


def skin_vertices(
    character: Character, matrices: np.ndarray, selection: np.ndarray | slice = slice(None)
) -> tuple[np.ndarray, np.ndarray]:
    """Linear blend skinning.

    Args:
        character: whose vertices they are.
        matrices: [T, J, 4, 4], see ``joint_matrices``.
        selection: indices of the vertices; all by default.

    Returns:
        Positions and unit normals, float32 [T, V, 3] each.
    """
    matrices = matrices[:, :, :3].astype(np.float32)
    points = character.positions[selection]
    points = np.concatenate([points, np.ones_like(points[:, :1])], axis=1)
    weights, joints = character.weights[selection].astype(np.float32), character.joints[selection]
    facing = character.normals[selection]
    positions = np.empty((len(matrices), len(points), 3), np.float32)
    normals = np.empty_like(positions)
    for frame, each in enumerate(matrices):
        # Σ w_k · M_k, then once per vertex
        matrix = np.einsum("vk,vkij->vij", weights, each[joints])
        positions[frame] = np.einsum("vij,vj->vi", matrix, points)
        normals[frame] = np.einsum("vij,vj->vi", matrix[..., :3], facing)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True).clip(1e-9)
    return positions, normals
