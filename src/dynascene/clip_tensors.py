"""Tensors of clips by the names of the table of fields, checked when made.

A clip's fields are never set anew (``replace`` makes another clip); the tensors are torch's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, TypeVar

import torch
from torch import Tensor

from dynascene.clip_fields import CLIP_FIELDS, TensorSpec
from dynascene.errors import InputError

Form = TypeVar("Form", bound="ClipTensors")


class ClipTensors(ABC):
    """Clips as tensors, made and read by name: ``clip.matte`` or ``clip["matte"]``.

    An optional field that is absent reads as None. ``len`` is the number of clips.

    Raises:
        InputError: a field is unknown or missing, shapes do not fit together, or only a part of
            the fields that come together is there.
    """

    form: ClassVar[str]
    """What messages call it."""

    @staticmethod
    @abstractmethod
    def specs() -> Sequence[TensorSpec]:
        """The fields that this form may hold."""

    def __init__(self, **tensors: Tensor | None) -> None:
        present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        specs = self.specs()
        check_tensors(self.form, specs, present)
        self.__dict__.update({s.name: present[s.name] for s in specs if s.name in present})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {self.form} does not change: make another one with replace()")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {self.form} does not change: make another one with replace()")

    def __getattr__(self, name: str) -> Tensor | None:
        """Absent optional fields read as None; Python asks here for what is not there."""
        if any(spec.name == name and spec.optional for spec in self.specs()):
            return None
        raise AttributeError(f"a {self.form} has no {name}")

    def _tensors(self) -> dict[str, Tensor]:
        return {s.name: vars(self)[s.name] for s in self.specs() if s.name in vars(self)}

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors()[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields that are there."""
        return iter(self._tensors())

    def __contains__(self, name: object) -> bool:
        return name in self._tensors()

    def __len__(self) -> int:
        return next(iter(self._tensors().values())).shape[0]

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in self.items())
        return f"{type(self).__name__}({shapes})"

    def keys(self) -> KeysView[str]:
        """The names of the fields that are there."""
        return self._tensors().keys()

    def items(self) -> ItemsView[str, Tensor]:
        """The fields that are there."""
        return self._tensors().items()

    @property
    def frames(self) -> int:
        """The number of frames of each clip."""
        return next(self[s.name].shape[1] for s in self.specs() if s.per_frame and s.name in self)

    def replace(self: Form, **changes: Any) -> Form:
        """The same clips with other tensors; None leaves one out."""
        return type(self)(**{**vars(self), **changes})

    def to(self: Form, device: torch.device | str) -> Form:
        """The same clips on another device."""
        return self.replace(**{name: tensor.to(device) for name, tensor in self.items()})

    def map_frames(self: Form, change: Callable[[Tensor], Tensor]) -> Form:
        """The same clips with every tensor [B, F, …] changed; what is one per clip stays."""
        names = [spec.name for spec in self.specs() if spec.per_frame and spec.name in self]
        return self.replace(**{name: change(self[name]) for name in names})

    def window(self: Form, start: int, stop: int) -> Form:
        """A range of frames; what is one per clip stays."""
        return self.map_frames(lambda tensor: tensor[:, start:stop])

    @classmethod
    def joined(cls: type[Form], parts: Sequence[Form]) -> Form:
        """The parts of one clip in order, the inverse of ``window``."""
        names = [s.name for s in cls.specs() if s.per_frame and s.name in parts[0]]
        whole = {name: torch.cat([part[name] for part in parts], dim=1) for name in names}
        return parts[0].replace(**whole)

    def require(self, names: Iterable[str], reader: str) -> tuple[Tensor, ...]:
        """The tensors of some fields.

        Args:
            reader: what reads them, such as ``conditioner guide``.

        Raises:
            InputError: one of them is not there.
        """
        for name in names:
            if name not in self:
                raise InputError(f"{reader} reads {name}, and this {self.form} has none: give it")
        return tuple(self[name] for name in names)


def check_tensors(form: str, specs: Sequence[TensorSpec], tensors: Mapping[str, Tensor]) -> None:
    """Raises InputError unless these are the fields of some clips, in shapes that fit."""
    names = [spec.name for spec in specs]
    for name in tensors:
        if name not in names:
            raise InputError(f"{form}: {name} is no field of it; known are {', '.join(names)}")
    sizes: dict[str, int] = {}
    for spec in specs:
        if spec.name in tensors:
            _check_shape(form, spec, tensors[spec.name], sizes)
        elif not spec.optional:
            raise InputError(f"{form}: {spec.name} is missing")
    for group in dict.fromkeys(spec.group for spec in specs if spec.group):
        members = [spec.name for spec in specs if spec.group == group]
        missing = [name for name in members if name not in tensors]
        if missing and len(missing) < len(members):
            raise InputError(
                f"{form}: {' and '.join(members)} come together, and {missing[0]} is missing"
            )


def _check_shape(form: str, spec: TensorSpec, tensor: Tensor, sizes: dict[str, int]) -> None:
    """Compare one shape with the sizes so far, and add the sizes that it shows first."""
    expected = [int(axis) if axis.isdigit() else sizes.get(axis, axis) for axis in spec.axes]
    fits = tensor.ndim == len(expected) and all(
        isinstance(size, str) or size == own
        for size, own in zip(expected, tensor.shape, strict=True)
    )
    if not fits:
        axes = ", ".join(map(str, expected))
        raise InputError(f"{form}: {spec.name} has shape {list(tensor.shape)}, expected [{axes}]")
    sizes.update({a: n for a, n in zip(spec.axes, tensor.shape, strict=True) if not a.isdigit()})


def stack_fields(samples: Sequence[object], without: Sequence[str] = ()) -> dict[str, Tensor]:
    """The fields of the table that samples have, stacked along B.

    Args:
        samples: of one length and size, with fields as attributes or in a mapping ``inputs``; a
            field that all of them lack is left out.
        without: names of fields that are left out too.

    Raises:
        InputError: a part of them lacks a field.
    """
    stacked = {}
    for name in CLIP_FIELDS:
        if name in without:
            continue
        values = [_field_of(sample, name) for sample in samples]
        missing = [index for index, value in enumerate(values) if value is None]
        if not missing:
            stacked[name] = torch.stack([torch.as_tensor(value) for value in values])
        elif len(missing) < len(values):
            raise InputError(
                f"batch: sample {missing[0]} has no {name} and others have one: give it to all "
                "samples of a batch, or to none"
            )
    return stacked


def _field_of(sample: object, name: str) -> Any:
    """An attribute, or what the sample carries beside its attributes."""
    further: Mapping[str, Tensor] = getattr(sample, "inputs", {})
    return getattr(sample, name, further.get(name))
