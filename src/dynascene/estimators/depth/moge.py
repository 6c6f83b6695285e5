"""MoGe through its own package: metric depth and the picture's focal length."""

import json
from pathlib import Path

import numpy as np

from dynascene.errors import InputError, one_line
from dynascene.estimators.depth.protocol import DepthEstimate
from dynascene.estimators.weights import check_numbers_only
from dynascene.imaging.pixels import tensor_from_bytes

WEIGHTS_NAME, CONFIG_NAME = "model.safetensors", "config.json"


class MoGe:
    """MoGe-2 from a folder with ``model.safetensors`` and ``config.json``, its model_config.

    Its publishers give a pickle, which is not read here; docs/weights.md tells how to convert it.

    Args:
        folder: with the two files.
        fov: horizontal field of view of the picture in degrees; None: estimate it.

    Raises:
        InputError: the package or a file is missing, or they do not fit together.
    """

    name = "moge"

    def __init__(self, folder: Path, fov: float | None = None) -> None:
        try:
            from moge.model.v2 import MoGeModel  # ty: ignore[import-not-found]
        except ImportError as error:
            raise InputError(
                "depth with MoGe needs its package: pip install "
                "git+https://github.com/microsoft/MoGe.git"
            ) from error
        from safetensors.torch import load_file

        if folder.is_file():
            check_numbers_only(folder)
            folder = folder.parent
        for name in (WEIGHTS_NAME, CONFIG_NAME):
            if not (folder / name).is_file():
                raise InputError(f"{folder}: has no {name}; docs/weights.md tells how to make it")
        try:
            config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
            network = MoGeModel(**config)
            network.load_state_dict(load_file(folder / WEIGHTS_NAME))
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            reason = one_line(error, longest=160)
            raise InputError(f"{folder}: holds no MoGe network ({reason})") from error
        self._network, self._fov = network.eval(), fov

    def __call__(self, picture: np.ndarray) -> DepthEstimate:
        image = tensor_from_bytes(picture)
        answer = self._network.infer(image, fov_x=self._fov, use_fp16=False)
        # its intrinsics are relative to the picture's width and height
        focal = float(answer["intrinsics"][0, 0]) * picture.shape[1]
        return DepthEstimate(answer["depth"].float().numpy(), "metres", focal)
