import pytest
import torch

from dynascene.errors import InputError
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.models.conditioners import CONDITIONERS, register_conditioner
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.foreground import Foreground
from dynascene.models.conditioners.guide import Guide
from dynascene.models.denoiser import Denoiser
from dynascene.models.injection import Injection, merge_injections
from dynascene.models.input_layout import IMAGE_LATENT, map_input_columns

STEPS = torch.tensor([2, 500, 999])
STRUCTURAL = ("foreground", "guide")  # what the picture is built on is never dropped


def share_weights(source: Denoiser, target: Denoiser) -> None:
    """The U-Net of ``source`` into ``target``, whose new input channels get weight zero."""
    state = source.unet.state_dict()
    weight = map_input_columns(
        state["conv_in.weight"], source.input_layout, target.input_layout, origin="the source"
    )
    target.unet.load_state_dict({**state, "conv_in.weight": weight})


@pytest.mark.parametrize("name", sorted(CONDITIONERS))
@torch.no_grad()
def test_a_fresh_conditioner_is_silent(build, wake, make_clip, name: str) -> None:
    """Adding it to a denoiser full of non-zero weights does not change the output."""
    base = () if name == "foreground" else ("foreground",)
    without, added = build(base), build((*base, name))
    wake(without.unet)
    share_weights(without, added)
    clip, noisy = make_clip(), torch.randn(3, 3, 4, 5, 7)
    expected = without(noisy, STEPS, clip).noise
    torch.testing.assert_close(added(noisy, STEPS, clip).noise, expected, rtol=0, atol=1e-6)
    wake(added.conditioners)
    wake(added.unet.conv_in)
    changed = (added(noisy, STEPS, clip).noise - expected).abs().max()
    assert changed > 1e-4, "the conditioner can never say anything"


@pytest.mark.parametrize("name", [name for name in CONDITIONERS if name not in STRUCTURAL])
@torch.no_grad()
def test_dropped_conditions_say_the_same_about_every_clip(
    build, wake, make_clip, name: str
) -> None:
    denoiser = wake(build((name,)))
    noisy = torch.randn(3, 3, 4, 5, 7)
    drop = torch.tensor([True, False, True])
    one, two = (denoiser(noisy, STEPS, make_clip(s), drop=drop).noise for s in (0, 1))
    torch.testing.assert_close(one[drop], two[drop], rtol=0, atol=1e-6)
    assert (one[~drop] - two[~drop]).abs().max() > 1e-4
    # dropping all of a batch is the same value, whatever shortcut is taken
    everything = denoiser(noisy, STEPS, make_clip(2), drop=torch.ones(3, dtype=torch.bool)).noise
    torch.testing.assert_close(everything[drop], one[drop], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", STRUCTURAL)
@torch.no_grad()
def test_structural_conditions_are_never_dropped(build, make_clip, name: str) -> None:
    denoiser, clip = build((name,)), make_clip()
    channels = denoiser.inject(clip, torch.zeros(3, dtype=torch.bool)).channels
    dropped = denoiser.inject(clip, torch.ones(3, dtype=torch.bool)).channels
    assert channels.keys() == dropped.keys()
    assert all(torch.equal(dropped[meaning], tensor) for meaning, tensor in channels.items())


@torch.no_grad()
@pytest.mark.parametrize("names", [("foreground", "guide"), ("guide", "foreground")])
def test_input_channels_are_in_the_inpainting_order(build, make_clip, names) -> None:
    """Noisy, then [generate mask 1 | foreground 4], then [guide 4 | visibility 1]."""
    denoiser, clip, noisy = build(names), make_clip(), torch.randn(3, 3, 4, 5, 7)
    samples = []
    denoiser.unet.conv_in.register_forward_pre_hook(lambda _, inputs: samples.append(inputs[0]))
    denoiser(noisy, STEPS, clip)
    tensors = [noisy, clip.generate_mask, clip.foreground, clip.guide, clip.guide_visibility]
    assert torch.equal(samples[0], torch.cat(tensors, dim=2).flatten(0, 1))
    assert [group.width for group in denoiser.input_layout] == [4, 1, 4, 4, 1]


class FirstFrame(Conditioner):
    """A picture per clip as input channels, as InstructPix2Pix has it."""

    reads = ("scene",)
    channels = (IMAGE_LATENT,)
    per_clip = True

    def forward(self, clip, drop):
        return Injection(channels={IMAGE_LATENT.meaning: clip.scene[:, None]})


@torch.no_grad()
def test_channels_per_clip_stand_for_all_frames(build, make_clip, monkeypatch) -> None:
    """Wherever they come in: windows share them, and merging is the same as all at once."""
    monkeypatch.setitem(CONDITIONERS, "first_frame", FirstFrame)
    denoiser, clip, noisy = build(("first_frame", "guide")), make_clip(), torch.randn(3, 3, 4, 5, 7)
    drop = torch.zeros(3, dtype=torch.bool)
    parts = [denoiser.inject(clip, drop, part=part) for part in ("per_clip", "per_frame")]
    assert list(parts[0].channels) == ["image_latent"]
    samples = []
    denoiser.unet.conv_in.register_forward_pre_hook(lambda _, inputs: samples.append(inputs[0]))
    denoiser(noisy, STEPS, clip)
    denoiser(noisy, STEPS, merge_injections(parts))
    assert torch.equal(samples[0], samples[1])
    frames = samples[0].unflatten(0, (3, 3))
    assert torch.equal(frames[:, :, 4:8], clip.scene[:, None].expand(-1, 3, -1, -1, -1))


def test_channels_that_are_not_as_declared_are_refused(build, make_clip, monkeypatch) -> None:
    class Silent(FirstFrame):
        def forward(self, clip, drop):
            return Injection()

    monkeypatch.setitem(CONDITIONERS, "silent", Silent)
    with pytest.raises(ValueError, match="the conditioners declare image_latent 4"):
        build(("silent",))(torch.randn(3, 3, 4, 5, 7), STEPS, make_clip())
    monkeypatch.setitem(CONDITIONERS, "first_frame", FirstFrame)
    with pytest.raises(ValueError, match="several conditioners give the input channels 'image_lat"):
        build(("silent", "first_frame"))


@torch.no_grad()
def test_the_matrix_of_a_clip_without_a_camera_is_the_null_camera(build, wake, make_clip) -> None:
    denoiser, clip = wake(build(("camera_matrix",))), make_clip()
    broken = clip.cam_from_world.clone()
    broken[1] = torch.nan
    unknown = clip.replace(cam_from_world=broken, has_camera=torch.tensor([True, False, True]))
    numbers = denoiser.inject(unknown, torch.tensor([False, False, True])).camera_matrix
    null = denoiser.conditioners["camera_matrix"].null
    assert torch.equal(numbers[1:], null.expand(2, 3, 12))
    assert not torch.equal(numbers[0], numbers[1])


@torch.no_grad()
def test_a_clip_without_a_camera_has_the_null_camera(build, wake, make_clip) -> None:
    denoiser, clip = wake(build(("plucker_camera",))), make_clip()
    keep = torch.zeros(3, dtype=torch.bool)
    broken = clip.cam_from_world.clone()
    broken[1] = torch.nan  # nothing may depend on the poses of a clip that has none
    unknown = clip.replace(cam_from_world=broken, has_camera=torch.tensor([True, False, True]))
    dropped = denoiser.inject(clip, torch.tensor([False, True, False])).camera
    for level, expected in zip(denoiser.inject(unknown, keep).camera, dropped, strict=True):
        torch.testing.assert_close(level, expected)
        null_everywhere = level[1].flatten(2)
        assert null_everywhere.std(dim=(0, 2)).max() < 1e-6
    assert level[0].std() > 1e-3


@torch.no_grad()
def test_the_camera_does_not_depend_on_where_the_world_begins(build, wake, make_clip) -> None:
    denoiser, clip = wake(build(("plucker_camera",))), make_clip()
    world = rigid(rotation_about("y", 40.0), torch.tensor([1.0, 2, 3], dtype=torch.float64)).float()
    moved = clip.replace(cam_from_world=clip.cam_from_world @ world)
    drop = torch.zeros(3, dtype=torch.bool)
    pairs = zip(
        denoiser.inject(clip, drop).camera, denoiser.inject(moved, drop).camera, strict=True
    )
    for one, two in pairs:
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_camera_levels_have_the_grids_of_the_unet(build, make_clip) -> None:
    """5×7 → 3×4 → 2×2: odd grids are rounded up, as the U-Net does."""
    camera = build(("plucker_camera",)).inject(make_clip(), torch.zeros(3, dtype=torch.bool)).camera
    assert [tuple(c.shape[-2:]) for c in camera] == [(5, 7), (3, 4), (2, 2)]


@torch.no_grad()
def test_clip_and_frame_parts_merge_to_the_whole(build, wake, make_clip) -> None:
    names = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "guide")
    names += ("scene_image", "camera_matrix")
    denoiser, clip = wake(build(names)), make_clip()
    drop = torch.tensor([False, True, False])
    parts = [denoiser.inject(clip, drop, part=part) for part in ("per_clip", "per_frame")]
    assert not parts[0].camera
    assert not parts[1].reference
    whole, merged = denoiser.inject(clip, drop), merge_injections(parts)
    noisy = torch.randn(3, 3, 4, 5, 7)
    expected = denoiser(noisy, STEPS, whole).noise
    torch.testing.assert_close(denoiser(noisy, STEPS, merged).noise, expected)


def test_a_guided_model_asks_for_its_guide(build, make_clip) -> None:
    clip = make_clip().replace(guide=None, guide_visibility=None)
    with pytest.raises(InputError, match="conditioner guide reads guide, and this"):
        build(("guide",)).inject(clip, clip.has_camera)


@pytest.mark.parametrize("name", sorted(CONDITIONERS))
@torch.no_grad()
def test_a_conditioner_reads_no_more_than_it_declares(build, make_clip, name: str) -> None:
    conditioner, clip = build((name,)).conditioners[name], make_clip()

    class Declared:
        size = clip.size

        def require(self, names, reader: str):
            assert set(names) <= set(conditioner.reads)
            return clip.require(names, reader)

    declared = Declared()
    for field in conditioner.reads:
        setattr(declared, field, clip[field])
    conditioner(declared, torch.zeros(3, dtype=torch.bool))


@torch.no_grad()
def test_points_of_a_later_clip_count_from_its_own_first_frame(build, wake, make_clip) -> None:
    """Cut out of a longer clip, points look as they do where the clip begins there."""
    conditioner, clip = wake(build(("point_motion",))).conditioners["point_motion"], make_clip(F=7)
    first = clip.points[:, 4:5, :, :2].expand(-1, 7, -1, -1)
    alone = clip.replace(points=torch.cat([clip.points[..., :3], first], dim=-1))
    drop = torch.zeros(3, dtype=torch.bool)
    one, two = (conditioner(c.window(4, 7), drop).added for c in (clip, alone))
    torch.testing.assert_close(one, two)
    whole = conditioner(clip, drop).added[:, 4:]
    assert (whole - one).abs().max() > 1e-4


def test_a_conditioner_is_added_from_outside(build, monkeypatch) -> None:
    monkeypatch.setattr("dynascene.models.conditioners.CONDITIONERS", dict(CONDITIONERS))
    with pytest.raises(InputError, match="second_guide: is no conditioner; there are background_"):
        build(("second_guide",))
    register_conditioner("second_guide", Guide)
    register_conditioner("second_guide", Guide)  # a module may be imported twice
    assert build(("second_guide",)).conditioners["second_guide"].name == "second_guide"
    with pytest.raises(InputError, match="second_guide': is Guide already"):
        register_conditioner("second_guide", Foreground)


def test_a_reference_is_everywhere_where_open_gates_stay_and_nobody_is_dropped(
    build, wake, make_clip
) -> None:
    """Only then may readers leave out what is without it; the numbers are the same."""
    denoiser, nobody = wake(build(("foreground", "scene_reference"))), torch.zeros(3).bool()
    clip, noisy, steps = make_clip(), torch.randn(3, 3, 4, 5, 7), torch.tensor([1, 50, 900])

    def everywhere(drop=nobody) -> bool:
        return denoiser.inject(clip, drop).reference["scene_reference"].everywhere

    assert not everywhere()  # gates somewhere else
    denoiser.open_gates()
    assert not everywhere()  # they learn
    with torch.no_grad():
        assert everywhere()
        assert not everywhere(torch.tensor([False, True, False]))
        injection = denoiser.inject(clip, nobody)
        (reference,) = injection.reference.values()
        both = injection._replace(
            reference={"scene_reference": reference._replace(everywhere=False)}
        )
        results = [denoiser(noisy, steps, source).noise for source in (injection, both)]
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)
    denoiser.open_gates(learn=False)
    assert everywhere()
