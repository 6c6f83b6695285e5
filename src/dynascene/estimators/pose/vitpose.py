"""VitPose through transformers: the 17 keypoints of COCO of a person in a box.

F frames, h w working pixels, K = 17 keypoints.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from dynascene.body_pose import BodyPose
from dynascene.errors import InputError, one_line, some_of
from dynascene.estimators.frame_spool import FrameStack
from dynascene.io.poses.layouts import COCO, to_joints
from dynascene.io.quiet_loading import quiet_loading
from dynascene.io.text import read_json
from dynascene.types import Size

ADVICE = "such as usyd-community/vitpose-base-simple"
MARGIN = 0.1  # of the extent of a person's landmarks, on each side: head and feet reach beyond them


class VitPose:
    """A network from a folder that transformers saved: config.json and safetensors.

    Pictures are prepared as its authors do, to the size that the network takes.

    Args:
        folder: of the network; it gives the keypoints of COCO.

    Raises:
        InputError: the folder holds no such network, or a part of it, or one of VitPose+, whose
            experts are for several data sets.
    """

    name = "vitpose"

    def __init__(self, folder: Path) -> None:
        from transformers.models.vitpose.image_processing_pil_vitpose import (
            VitPoseImageProcessorPil,
        )

        network = _load(folder)
        backbone: Any = network.config.backbone_config
        keypoints, size = network.config.num_labels, backbone.image_size
        if backbone.num_experts > 1:
            raise InputError(f"{folder}: is a network of VitPose+; give one of VitPose, {ADVICE}")
        if keypoints != len(COCO):
            raise InputError(
                f"{folder}: the network gives {keypoints} keypoints, expected COCO's {len(COCO)}"
            )
        self._network = network.eval()
        self._prepare = VitPoseImageProcessorPil(size={"height": size[0], "width": size[1]})

    def __call__(
        self,
        frames: FrameStack,
        boxes: np.ndarray,
        size: Size,
        advance: Callable[[], None] = lambda: None,
    ) -> BodyPose:
        """Read the joints of one person; feet, which COCO lacks, are not known.

        Args:
            frames: uint8 [F, h, w, 3].
            boxes: of the person's landmarks [F, 4]: left, top, right, bottom in working pixels.
            size: of the clip's own frames, in whose pixels the joints are.
            advance: called once for each frame.
        """
        scale = np.array([size.width / frames.shape[2], size.height / frames.shape[1], 1.0])
        joints = []
        for frame, box in zip(frames, boxes, strict=True):
            keypoints = self._read(frame, grown(box))
            joints.append(to_joints(keypoints * scale, COCO))
            advance()
        rows = np.stack(joints)
        return BodyPose(size, rows[..., :2], rows[..., 2].clip(0, 1))

    def _read(self, frame: np.ndarray, box: np.ndarray) -> np.ndarray:
        """Keypoints [K, 3]: x, y in working pixels, the first one's centre at 0.5, and a score."""
        boxes = [[[*box[:2].tolist(), *(box[2:] - box[:2]).tolist()]]]  # left, top, width, height
        inputs = self._prepare(images=frame, boxes=boxes, return_tensors="pt")
        with torch.inference_mode():
            outputs = self._network(pixel_values=inputs["pixel_values"].float())
        ((pose,),) = self._prepare.post_process_pose_estimation(outputs, boxes=boxes)
        places = pose["keypoints"].double().numpy() + 0.5
        return np.concatenate([places, pose["scores"].double().numpy()[:, None]], axis=1)


def _load(folder: Path) -> Any:
    """The network of a folder, whole."""
    from transformers import VitPoseForPoseEstimation

    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder}: has no config.json; name a folder of a VitPose network, {ADVICE}"
        )
    config = read_json(folder / "config.json")
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "vitpose":
        raise InputError(f"{folder}: holds no VitPose network (its model_type is {kind!r})")
    try:
        with quiet_loading("transformers"):
            loaded: Any = VitPoseForPoseEstimation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = one_line(error, longest=160)
        raise InputError(f"{folder}: holds no VitPose network ({reason})") from error
    network, outcome = loaded
    if missing := sorted(outcome["missing_keys"]):  # they would be random numbers
        raise InputError(f"{folder}: its weights lack {some_of(missing)}; fetch the folder again")
    return network


def grown(box: np.ndarray) -> np.ndarray:
    """A box of landmarks [4] that holds the whole body; one of nothing has a pixel."""
    low, high = box[:2], np.maximum(box[2:], box[:2] + 1)
    margin = MARGIN * (high - low).max()
    return np.concatenate([low - margin, high + margin])
