"""Does a system bear mattes that are not right? It is told faulty ones and judged as before.

F frames, H W pixels.
"""

from collections.abc import Mapping
from typing import get_args

import numpy as np
import torch

from dynascene.datasets.tasks.matte_errors import MatteError, make_error
from dynascene.errors import InputError
from dynascene.evaluation.ablations import WithMemory
from dynascene.evaluation.external import ExternalVideos
from dynascene.evaluation.field_scores import over_background
from dynascene.evaluation.protocol import EvaluatedSystem, EvaluationShot, ShotInputs
from dynascene.evaluation.systems import Projection, Still

LABELS: Mapping[MatteError, str] = {
    "erode": "eroded matte",
    "dilate": "dilated matte",
    "jagged": "jagged matte",
    "dropped": "matte with holes",
}


def check_matte_errors(names: tuple[str, ...]) -> tuple[MatteError, ...]:
    """The names as kinds of faults.

    Raises:
        InputError: one is none.
    """
    for name in names:
        if name not in LABELS:
            raise InputError(f"`matte_errors` {name}: there is {', '.join(get_args(MatteError))}")
    return tuple(kind for kind in LABELS if kind in names)


def reads_mattes(system: EvaluatedSystem) -> bool:
    """Whether a faulty matte could make a difference."""
    return not isinstance(system, Still | Projection | WithMemory | ExternalVideos)


def faulty_inputs(shot: EvaluationShot, kind: MatteError, seed: int) -> ShotInputs | None:
    """A shot as somebody has it whose matte is faulty: the same video, cut out otherwise.

    Args:
        shot: with its true matte.
        kind: of the fault; how large it is differs from shot to shot.
        seed: of the shot.

    Returns:
        What systems see; None where nobody is in the shot.
    """
    batch = shot.batch
    true = batch.matte[0]
    if not torch.any(true):
        return None
    rng = np.random.default_rng([seed, list(LABELS).index(kind)])
    matte = make_error(true, kind, rng)
    filmed = torch.from_numpy(over_background(batch, shot.truth)).movedim(-1, 1) / 127.5 - 1
    # where the matte was right it stays as it was, to the last digit of the person's colour
    unchanged = matte == true
    foreground = torch.where(unchanged, batch.foreground[0], filmed.to(true) * matte)
    faulty = batch.replace(matte=matte[None], foreground=foreground[None])
    return shot.inputs._replace(batch=faulty)


def faulty_row(row: str, kind: MatteError) -> str:
    """The row's name with a faulty matte."""
    return f"{row}, {LABELS[kind]}"
