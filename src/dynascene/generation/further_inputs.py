"""Further fields of ``clip_fields`` that a shot brings, on the frames of a model.

F frames, H W pixels of the model's frame.
"""

import torch
import torch.nn.functional as nnf
from torch import Tensor

from dynascene.clip_fields import BUILT_IN, CLIP_FIELDS, ClipField
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import contain_intrinsics
from dynascene.types import Shot, Size


def further_inputs(
    shot: Shot, shape: Size, size: Size, place: tuple[slice, slice]
) -> dict[str, Tensor]:
    """The further fields by name, without the axis B.

    Args:
        shape: the background's size.
        size: of the model's frame.
        place: rows and columns of the model's frame that the shot's own frame takes. Fields that
            are pictures are 0 outside.

    Raises:
        InputError: A field that every clip must have is not there.
    """
    fields = [f for f in CLIP_FIELDS.values() if f.name not in BUILT_IN and not f.target]
    tensors = {}
    for field in fields:
        if field.name in shot.inputs:
            tensors[field.name] = _resized(field, shot, shape, size, place)
        elif field.derive is None and shot.foreground is None and field.empty_without_person:
            tensors[field.name] = _empty(field, len(shot), size)
        elif not field.may_lack:
            raise InputError(
                f"clip field {field.name}: this clip has none, and nothing derives it; give it in "
                f"the inputs of the Shot, [{field.axes.removeprefix('B ')}] (key views of the "
                "scene memory have none either: scene_memory=False)"
            )
    return tensors


def _resized(
    field: ClipField, shot: Shot, shape: Size, size: Size, place: tuple[slice, slice]
) -> Tensor:
    """A field by its rule in the table, as the person's frames are placed."""
    values = shot.inputs[field.name]
    if field.resize == "area":
        rows, columns = place
        small = (rows.stop - rows.start, columns.stop - columns.start)
        flat = values.float().reshape(-1, *values.shape[-3:])
        frame = torch.zeros(*values.shape[:-2], size.height, size.width)
        resized = nnf.interpolate(flat, small, mode="area")
        frame[..., rows, columns] = resized.reshape(*values.shape[:-2], *small)
        return frame
    if field.resize == "intrinsics":
        scale = torch.tensor([size.width / shape.width, size.height / shape.height, 1.0])
        return scale[:, None].to(values) * contain_intrinsics(values, shot.size, shape)
    return values


def _empty(field: ClipField, frames: int, size: Size) -> Tensor:
    """What a field of a person is where nobody is: zeros.

    Raises InputError for axes whose size nothing tells.
    """
    sizes = {"F": frames, "H": size.height, "W": size.width}
    axes = field.axes.split()[1:]
    unknown = [axis for axis in axes if not axis.isdigit() and axis not in sizes]
    if unknown:
        raise InputError(
            f"clip field {field.name}: write numbers for its axes {' '.join(unknown)}, so that it "
            "can be made for clips without a person"
        )
    return torch.zeros([sizes[axis] if axis in sizes else int(axis) for axis in axes])
