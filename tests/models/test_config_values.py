"""Values of saved configurations that are of another kind than their class expects."""

import math
from typing import Optional

import pytest
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

from dynascene.errors import InputError
from dynascene.models.config_values import check_config, is_like
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.sizes import SIZES, size_from_dict, size_to_dict


@pytest.mark.parametrize(
    ("value", "example", "answer"),
    [
        (3, 4, True), (3, 4.0, True), (3.5, 4, False), (True, 4, False), (4, True, False),
        ("4", 4, False), (10**400, 4, False), (math.nan, 1.0, False), (math.inf, 1.0, False),
        (-math.inf, -math.inf, True), (None, 4, False), (7, None, True), ("x", "y", True),
        ([1, 2], (3, 4), True), ([1, 2.0], (3, 4), False), ([], (3,), True), (3, (3, 4), False),
        ({"a": 1}, {}, True), ([], {}, False),
    ],
)  # fmt: skip
def test_kinds(value: object, example: object, answer: bool) -> None:
    assert is_like(value, example) == answer


@pytest.mark.parametrize(
    "kind", [SmallImageEncoder, AutoencoderTiny, DDIMScheduler, DPMSolverMultistepScheduler]
)
def test_a_fresh_configuration_suits_its_class(kind: type) -> None:
    check_config(kind().config, kind, "x")  # ty: ignore[unresolved-attribute]


class WithOptions:
    """Constructor annotations as older schedulers of diffusers have them, and as text."""

    def __init__(
        self,
        sigmas: Optional[bool] = False,  # noqa: UP045
        text: "Optional[bool]" = False,  # noqa: UP045
        newer: "bool | None" = False,
        plain: bool = False,
    ) -> None: ...


def test_none_is_taken_where_the_class_takes_it() -> None:
    check_config(dict.fromkeys(("sigmas", "text", "newer")), WithOptions, "x")
    check_config({"use_karras_sigmas": None}, EulerDiscreteScheduler, "x")
    with pytest.raises(InputError, match="x: plain is 'None'"):
        check_config({"plain": None}, WithOptions, "x")


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (SmallImageEncoder, "grid", [1.5, 2]), (SmallImageEncoder, "width", "128"),
        (AutoencoderTiny, "scaling_factor", [1]), (DDIMScheduler, "num_train_timesteps", None),
        (DDIMScheduler, "beta_start", math.nan), (DDIMScheduler, "clip_sample", "no"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_named(kind: type, name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"x: {name} is"):
        check_config({name: value}, kind, "x")


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_sizes_are_read_again_or_refused(size) -> None:
    values = size_to_dict(size)
    assert size_from_dict(values) == size
    for name, wrong in (("heads", "2"), ("widths", [1.5]), ("groups", 0), ("name", 3),
                        ("resolution", [0, 4]), ("attention", [2])):  # fmt: skip
        with pytest.raises(InputError, match=f"size: {name} is"):
            size_from_dict({**values, name: wrong})
