import pytest
import torch

from dynascene.errors import InputError
from dynascene.types import Batch, Size


def test_the_generate_mask_is_one_off_the_person(make_batch) -> None:
    batch = make_batch(B=3)
    assert torch.equal(batch.generate_mask + batch.matte, torch.ones_like(batch.matte))
    assert batch.foreground[(batch.generate_mask == 1).expand_as(batch.foreground)].eq(0).all()
    assert batch.size == Size(56, 40)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("matte", (1, 3, 40, 56)), ("foreground", (1, 2, 3, 40, 56)), ("scene_image", (1, 3, 40, 50)),
     ("cam_from_world", (1, 3, 3, 4)), ("has_camera", (3,)), ("guide", (3, 1, 3, 40, 56))],
)  # fmt: skip
def test_a_shape_that_does_not_fit_is_named(make_batch, name: str, shape: tuple) -> None:
    with pytest.raises(InputError, match=f"batch: {name} has shape"):
        Batch(**{**vars(make_batch()), name: torch.zeros(shape)})


def test_a_guide_comes_with_its_visibility(make_batch) -> None:
    with pytest.raises(InputError, match="visibility"):
        Batch(**{**vars(make_batch()), "guide_visibility": None})


def test_moving_a_batch_keeps_what_is_missing_missing(make_batch) -> None:
    moved = make_batch().replace(guide=None, guide_visibility=None).to("meta")
    assert moved.matte.is_meta
    assert moved.guide is None
