"""A body's motion carried over to another body: bones keep their directions and change their
lengths.

F frames; joints are those of ``body_pose``, and 22 is the middle of the hips.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from dynascene.body_pose import INDEX, JOINTS, BodyPose
from dynascene.errors import InputError

Fit = Literal["proportions", "height", "place"]
HIPS = len(JOINTS)
PARENT_OF = {
    "neck": "hips", "side_hip": "hips", "side_shoulder": "neck", "side_elbow": "side_shoulder",
    "side_wrist": "side_elbow", "side_knee": "side_hip", "side_ankle": "side_knee",
    "side_toe": "side_ankle", "side_heel": "side_ankle", "nose": "neck", "side_eye": "nose",
    "side_ear": "side_eye",
}  # fmt: skip
STATURE = ("neck", "side_knee", "side_ankle")  # bones that make up the height, by their ends
LEG = ("side_knee", "side_ankle")
FEET = ("ankle", "toe", "heel")
STRETCHED = 0.9  # quantile over frames: a bone's length where it is hardly foreshortened
MOST = 2.0  # times the height's ratio: what goes beyond is foreshortened in one of both


def retarget(pose: BodyPose, reference: BodyPose, fit: Fit = "proportions") -> BodyPose:
    """Give a motion the body of another person.

    Every bone is multiplied by the ratio of its stretched lengths in both; bones that one of them
    never shows, by that of the height. The hips' path is multiplied by the ratio of the legs, so
    that a foot that stands stays where it is; the feet of the first frame that shows the person
    keep their place.

    Args:
        pose: the motion.
        reference: one frame or more of the other person, in a frame that is as high as the motion's
            whatever its size in pixels, and lies over the middle of it.
        fit: ``proportions`` keeps the motion's height, ``height`` takes the reference's, and
            ``place`` also stands where the reference stands in its first frame that shows
            the person.

    Returns:
        In the motion's frame, with its visibility.

    Raises:
        InputError: they have neither trunk nor legs in common.
    """
    scale = pose.size.height / reference.size.height
    motion, other = _lengths(pose), _lengths(reference)
    ratios = {bone: other[bone] * scale / motion[bone] for bone in motion.keys() & other.keys()}
    stature = _mean_ratio(STATURE, ratios, motion)
    if stature is None:
        raise InputError(
            "the motion and the reference person have neither trunk nor legs in common"
        )
    if fit == "proportions":
        ratios = {bone: ratio / stature for bone, ratio in ratios.items()}
        stature = 1.0
    ratios = {b: float(np.clip(r, stature / MOST, stature * MOST)) for b, r in ratios.items()}
    points, is_known = _with_hips(pose)
    legs = _mean_ratio(LEG, ratios, motion)
    moved = _moved(points, is_known, ratios, stature, stature if legs is None else legs)
    stand, wanted = _standing_point(moved, pose), _standing_point(points, pose)
    if fit == "place":
        wanted = _standing_point(_with_hips(reference)[0] * scale, reference)
        wanted[0] += (pose.size.width - reference.size.width * scale) / 2
    return BodyPose(pose.size, moved[:, :HIPS] + (wanted - stand), pose.visibility)


def _moved(
    points: np.ndarray,
    is_known: np.ndarray,
    ratios: Mapping[str, float],
    stature: float,
    legs: float,
) -> np.ndarray:
    """The joints [F, 23, 2] with other bones; the root starts where it was."""
    root = HIPS if is_known[HIPS] else INDEX["neck"]
    moved = points[:1] + (points - points[:1]) * legs  # what hangs on nothing goes with the path
    moved[:, root] = points[:1, root] + (points[:, root] - points[:1, root]) * legs
    for joint, bone in _BONE_OF.items():
        parent, ratio = _PARENT[joint], ratios.get(bone, stature)
        while parent != root and not is_known[parent] and parent in _PARENT:
            parent, ratio = _PARENT[parent], stature
        if joint != root and is_known[joint] and is_known[parent]:
            moved[:, joint] = moved[:, parent] + (points[:, joint] - points[:, parent]) * ratio
    return moved


def _with_hips(pose: BodyPose) -> tuple[np.ndarray, np.ndarray]:
    """The joints [F, 23, 2] with gaps filled in time, and bool [23]: which are ever known."""
    every = np.arange(len(pose))
    points, is_known = np.zeros((len(pose), HIPS + 1, 2)), np.zeros(HIPS + 1, bool)
    for joint in range(HIPS):
        at = np.flatnonzero(pose.visibility[:, joint] > 0)
        is_known[joint] = len(at) > 0
        for axis in range(2) if len(at) else ():
            points[:, joint, axis] = np.interp(every, at, pose.points[at, joint, axis])
    hips = [INDEX["right_hip"], INDEX["left_hip"]]
    points[:, HIPS], is_known[HIPS] = points[:, hips].mean(axis=1), is_known[hips].all()
    return points, is_known


def _lengths(pose: BodyPose) -> dict[str, float]:
    """The stretched length in pixels of each bone that is seen; the longer side counts."""
    hips_seen = pose.visible[:, _HIP_PAIR].all(axis=1, keepdims=True)
    hips = pose.points[:, _HIP_PAIR].mean(axis=1, keepdims=True)
    visible = np.concatenate([pose.visible, hips_seen], axis=1)
    points = np.concatenate([pose.points, hips], axis=1)
    by_bone: dict[str, list[np.ndarray]] = {}
    for joint, bone in _BONE_OF.items():
        ends = visible[:, joint] & visible[:, _PARENT[joint]]
        length = np.linalg.norm(points[:, joint] - points[:, _PARENT[joint]], axis=-1)
        by_bone.setdefault(bone, []).append(np.where(ends, length, 0))
    longest = {bone: np.max(sides, axis=0) for bone, sides in by_bone.items()}
    return {
        bone: float(np.quantile(values[values > 0], STRETCHED))
        for bone, values in longest.items()
        if (values > 0).any()
    }


def _mean_ratio(
    bones: tuple[str, ...], ratios: Mapping[str, float], motion: Mapping[str, float]
) -> float | None:
    """The ratio of several bones' length together; None where none of them is known."""
    shared = [bone for bone in bones if bone in ratios]
    if not shared:
        return None
    return sum(ratios[b] * motion[b] for b in shared) / sum(motion[b] for b in shared)


def _standing_point(points: np.ndarray, pose: BodyPose) -> np.ndarray:
    """The middle [2] of the feet that are known in the first frame that knows anything of the
    person; without feet, of all it knows."""
    frame = int((pose.visibility > 0).any(axis=1).argmax())
    is_known = pose.visibility[frame] > 0
    feet = is_known & np.array([joint.partition("_")[2] in FEET for joint in JOINTS])
    return points[frame, :HIPS][feet if feet.any() else is_known].mean(axis=0)


def _tree() -> tuple[dict[int, int], dict[int, str]]:
    """The parent of each joint, and the name of the bone to it; parents come first."""
    parents, bones = {}, {}
    index = INDEX | {"hips": HIPS}
    for bone, parent in PARENT_OF.items():
        for side in ("right_", "left_") if "side_" in bone else ("",):
            joint = index[bone.replace("side_", side)]
            parents[joint], bones[joint] = index[parent.replace("side_", side)], bone
    return parents, bones


_PARENT, _BONE_OF = _tree()
_HIP_PAIR = [INDEX["right_hip"], INDEX["left_hip"]]
