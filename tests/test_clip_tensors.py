"""The table of clip fields, and the forms of a clip that it checks. Threes on purpose."""

import pickle
from types import SimpleNamespace

import pytest
import torch
from registered_fields import registered_clip_field
from torch import Tensor

from dynascene.clip_fields import (
    CLIP_FIELDS,
    OF_THE_PACKAGE,
    ClipField,
    Encoding,
    encoded_specs,
    encodings,
    pixel_specs,
    register_clip_field,
)
from dynascene.clip_tensors import stack_fields
from dynascene.errors import InputError
from dynascene.models.latents import EncodedClip
from dynascene.types import Batch, Size

SIZES = {"B": 3, "F": 3, "H": 16, "W": 24, "h": 2, "w": 3, "C": 4, "N": 3, "D": 5, "K": 6}
FORMS = {"batch": Batch, "encoded clip": EncodedClip}


def tensors(specs) -> dict[str, Tensor]:
    """Distinct numbers in the shapes of the table."""
    made = {}
    for spec in specs:
        shape = [int(axis) if axis.isdigit() else SIZES[axis] for axis in spec.axes]
        made[spec.name] = torch.rand(shape)
    return made


def make(form: str, **changes):
    if form == "batch":
        return Batch(**{**tensors(pixel_specs()), **changes})
    return EncodedClip(size=Size(24, 16), **{**tensors(encoded_specs()), **changes})


CASES = [(form, spec) for form in FORMS for spec in FORMS[form].specs()]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1].name}")
def case(request):
    return request.param


def test_every_field_is_checked(case) -> None:
    form, spec = case
    good = make(form)[spec.name]
    for wrong in (good[..., None], good.flatten(), torch.cat([good, good])):
        if wrong.shape == good.shape:
            continue  # a vector flattened is itself
        with pytest.raises(InputError, match=rf"{form}: \w+ has shape"):
            make(form, **{spec.name: wrong})


def test_every_field_may_be_missing_exactly_if_it_is_optional(case) -> None:
    form, spec = case
    group = {s.name: None for s in FORMS[form].specs() if spec.group and s.group == spec.group}
    without = {spec.name: None, **group}
    if not spec.optional:
        with pytest.raises(InputError, match=f"{form}: {spec.name} is missing"):
            make(form, **without)
        return
    clip = make(form, **without)
    if form == "batch" and CLIP_FIELDS[spec.name].derive is not None:
        assert spec.name in clip
        return
    assert getattr(clip, spec.name) is None
    assert spec.name not in clip
    with pytest.raises(InputError, match=f"loss X reads {spec.name}, and this {form} has none"):
        clip.require([spec.name], "loss X")


def test_windows_cut_what_is_per_frame(case) -> None:
    form, spec = case
    clip = make(form)
    window, own = clip.window(1, 3), clip[spec.name]
    expected = own[:, 1:3] if "F" in spec.axes else own
    assert torch.equal(window[spec.name], expected)
    assert window.frames == 2
    joined = type(clip).joined([clip.window(0, 1), clip.window(1, 3)])
    assert torch.equal(joined[spec.name], own)


@pytest.mark.parametrize("form", FORMS)
def test_clips_pickle_move_and_never_change(form) -> None:
    clip = make(form)
    again = pickle.loads(pickle.dumps(clip))
    assert again.keys() == clip.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in clip.items())
    assert again.size == clip.size == Size(24, 16)
    assert len(clip) == 3
    moved = clip.to("meta")
    assert all(tensor.is_meta for _, tensor in moved.items())
    name = next(iter(clip))
    with pytest.raises(AttributeError):
        setattr(clip, name, torch.zeros(1))
    with pytest.raises(AttributeError, match="has no pose"):
        _ = clip.pose
    with pytest.raises(InputError, match="pose is no field"):
        make(form, pose=torch.zeros(3))


def test_annotated_fields_are_those_of_the_table() -> None:
    extra = {"form", "size"}
    for form in FORMS.values():
        assert set(form.__annotations__) - extra == {spec.name for spec in form.specs()}


def test_a_field_is_resized_by_its_rule() -> None:
    batch = make("batch")
    small = batch.resized(Size(12, 4))
    assert small.size == Size(12, 4)
    torch.testing.assert_close(
        small.matte, batch.matte.unflatten(-1, (12, 2)).unflatten(-3, (4, 4)).mean(dim=(-3, -1))
    )
    scale = torch.tensor([0.5, 0.25, 1.0])[:, None]
    torch.testing.assert_close(small.intrinsics, batch.intrinsics * scale)
    assert torch.equal(small.cam_from_world, batch.cam_from_world)


def test_names_in_files_are_distinct() -> None:
    names = [encoding.stored_name for _, encoding in encodings()]
    assert len(set(names)) == len(names)


POSE = ClipField(
    name="pose",
    axes="B F 3 H W",
    meaning="−1 … 1, a body pose drawn",
    optional=True,
    encodings=(Encoding(name="pose_cells", kind="cells", axes="B F 3 h w"),),
)


def test_a_registered_field_belongs_to_both_forms() -> None:
    with registered_clip_field(POSE):
        batch = make("batch")
        assert batch.pose.shape == (3, 3, 3, 16, 24)
        assert "pose_cells" in make("encoded clip")
        assert torch.equal(batch.window(1, 2).pose, batch.pose[:, 1:2])
    assert CLIP_FIELDS.keys() == OF_THE_PACKAGE


def test_a_field_that_is_derived_need_not_be_given() -> None:
    field = ClipField(
        name="edges",
        axes="B F 1 H W",
        meaning="the matte's slopes",
        derive=lambda batch: batch.matte.diff(dim=-1, append=batch.matte[..., -1:]).abs(),
    )
    with registered_clip_field(field):
        batch = Batch(**{k: v for k, v in tensors(pixel_specs()).items() if k != "edges"})
        torch.testing.assert_close(
            batch.edges[..., :-1], (batch.matte[..., 1:] - batch.matte[..., :-1]).abs()
        )
        given = make("batch", edges=torch.zeros(3, 3, 1, 16, 24))
        assert given.edges.eq(0).all()


def test_where_no_camera_is_said_to_be_unknown_all_are_known() -> None:
    batch = make("batch", has_camera=None)
    assert batch.has_camera.tolist() == [True, True, True]
    assert batch.to("meta").has_camera.is_meta


def test_flags_of_ones_own_may_be_absent() -> None:
    """Only whether there is a camera is always known; a user's optional flag is optional."""
    field = ClipField(
        name="is_indoors",
        axes="B",
        meaning="bool, whether the place is a room",
        optional=True,
        encodings=(Encoding(name="is_indoors", kind="flags", axes="B"),),
    )
    with registered_clip_field(field):
        assert make("batch", is_indoors=None).is_indoors is None
        assert make("encoded clip", is_indoors=None).is_indoors is None
        assert make("encoded clip").is_indoors.shape == (3,)


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_a_field_that_only_some_samples_have_is_named(lacking) -> None:
    """Neither left out without a word, nor a message from torch."""
    samples = [SimpleNamespace(matte=torch.rand(3, 1, 4, 5), inputs={}) for _ in range(3)]
    assert stack_fields(samples).keys() == {"matte"}
    for number, sample in enumerate(samples):
        if number != lacking:
            sample.inputs["guide"] = torch.rand(3, 3, 4, 5)
    missing = f"sample {lacking} has no guide and others have one"
    with pytest.raises(InputError, match=missing):
        stack_fields(samples)


def test_a_name_is_taken_once() -> None:
    for name, encoded in (("matte", "other"), ("other", "guide"), ("other", "scene_mask")):
        encoding = Encoding(name=encoded, kind="cells", axes="B F 1 h w")
        field = ClipField(name=name, axes="B F 1 H W", meaning="", encodings=(encoding,))
        with pytest.raises(InputError, match="is taken by"):
            register_clip_field(field)
    assert CLIP_FIELDS.keys() == OF_THE_PACKAGE
