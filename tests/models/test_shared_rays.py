"""Rays from the scene picture's camera, and the picture's own through the same encoder."""

import math

import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.models.call import Call
from dynascene.models.conditioners.plucker_camera import (
    PluckerCamera,
    camera_adaptor,
    with_octaves,
)
from dynascene.models.conditioners.scene_reference import SceneReference
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss
from dynascene.models.diffusion.terms import prediction_error
from dynascene.models.injection import Injection
from dynascene.models.readers.camera import with_camera
from dynascene.models.sizes import size_to_dict
from dynascene.models.systems.dynascene import DYNASCENE

STEPS = torch.tensor([2, 500, 999])
CAMERA = {"rays_from": "scene_camera", "at_input": True, "on_stream": True, "octaves": 1}
SHARED = {"foreground": {}, "plucker_camera": CAMERA, "scene_reference": {"rays": "shared"}}


@pytest.fixture
def shared(tiny, wake):
    """shared(conditions): a denoiser of which nothing is silent."""

    def shared(conditions=SHARED, awake=True) -> Denoiser:
        torch.manual_seed(0)
        denoiser = Denoiser(size_to_dict(tiny), conditions).eval()
        return wake(denoiser) if awake else denoiser

    return shared


def pose(degrees: float, *position: float) -> Tensor:
    """[4, 4] of a camera that is turned about y and stands somewhere."""
    rotation = rotation_about("y", degrees).float()
    return rigid(rotation, -rotation @ torch.tensor(position))


@pytest.fixture
def clip(make_clip):
    """Three clips of three frames; each picture from a camera of its own."""
    scene = torch.stack([pose(10, 0.1, 0, 0), pose(-25, 0, 0.2, 0.1), pose(50, 0, 0, -0.3)])
    K = torch.tensor([[25.0, 0, 28], [0, 25, 20], [0, 0, 1]]).expand(3, 3, 3)
    return make_clip().replace(scene_cam_from_world=scene, scene_intrinsics=K)


def noisy() -> Tensor:
    return torch.randn(3, 3, 4, 5, 7, generator=torch.Generator().manual_seed(1))


def slow_ray(cam: Tensor, origin_cam: Tensor, K: Tensor, row: int, column: int) -> Tensor:
    """Plücker coordinates of one pixel's ray in the axes of another camera, one by one."""
    R, t = cam[:3, :3], cam[:3, 3]
    centre, direction = -R.T @ t, R.T @ torch.linalg.inv(K) @ torch.tensor(
        [column + 0.5, row + 0.5, 1.0]
    )  # fmt: skip
    A, b = origin_cam[:3, :3], origin_cam[:3, 3]
    o, d = A @ centre + b, A @ direction
    d = d / math.sqrt(sum(float(x) ** 2 for x in d))
    moment = torch.stack(
        [o[1] * d[2] - o[2] * d[1], o[2] * d[0] - o[0] * d[2], o[0] * d[1] - o[1] * d[0]]
    )
    return torch.cat([moment, d])


@torch.no_grad()
def test_rays_have_their_origin_in_the_scene_camera(shared, clip) -> None:
    camera = shared().conditioners["plucker_camera"]
    seen: list[Tensor] = []
    camera.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    camera(clip, torch.zeros(3, dtype=torch.bool))
    camera.picture_features(clip, clip.has_camera)
    frames, picture = seen
    for b, f, row, column in ((0, 0, 3, 7), (1, 2, 39, 0), (2, 1, 20, 55)):
        scene, K = clip.scene_cam_from_world[b], clip.intrinsics[b, f]
        expected = slow_ray(clip.cam_from_world[b, f], scene, K, row, column)
        torch.testing.assert_close(frames[b, f, :6, row, column], expected)
        torch.testing.assert_close(frames[b, f, 6:12, row, column], (2 * expected).sin())
        own = slow_ray(scene, scene, clip.scene_intrinsics[b], row, column)
        torch.testing.assert_close(picture[b, 0, :6, row, column], own)


@torch.no_grad()
def test_only_where_cameras_stand_to_each_other_matters(shared, clip) -> None:
    denoiser = shared()
    expected = denoiser(noisy(), STEPS, clip).value
    world = pose(33, 0.4, -0.1, 0.2)
    moved = clip.replace(
        cam_from_world=clip.cam_from_world @ world,
        scene_cam_from_world=clip.scene_cam_from_world @ world,
    )
    torch.testing.assert_close(
        denoiser(noisy(), STEPS, moved).value, expected, rtol=1e-3, atol=1e-4
    )
    elsewhere = clip.replace(scene_cam_from_world=clip.scene_cam_from_world.flip(0))
    assert (denoiser(noisy(), STEPS, elsewhere).value - expected).abs().max() > 1e-3


@torch.no_grad()
def test_rays_of_the_first_frame_do_not_know_the_scene_camera(shared, clip) -> None:
    denoiser = shared({"foreground": {}, "plucker_camera": {}})
    expected = denoiser(noisy(), STEPS, clip).value
    without = clip.replace(scene_cam_from_world=None, scene_intrinsics=None)
    assert torch.equal(denoiser(noisy(), STEPS, without).value, expected)


@torch.no_grad()
@pytest.mark.parametrize(("options", "same"), [(CAMERA, True), ({}, False)])
def test_windows_keep_the_clips_origin(shared, clip, options, same) -> None:
    """The paper's rays begin at each window's own first frame."""
    conditions = {"foreground": {}, "plucker_camera": options}
    camera = shared(conditions).conditioners["plucker_camera"]
    rays: list[Tensor] = []
    camera.encoder.register_forward_pre_hook(lambda _, inputs: rays.append(inputs[0]))
    drop = torch.zeros(3, dtype=torch.bool)
    camera(clip, drop)
    camera(clip.window(1, 3), drop)
    whole, window = rays
    assert torch.allclose(whole[:, 1:], window, atol=1e-5) is same


@torch.no_grad()
def test_a_frame_from_the_pictures_place_has_the_pictures_rays(shared, clip) -> None:
    camera = shared().conditioners["plucker_camera"]
    same = clip.window(0, 1).replace(
        cam_from_world=clip.scene_cam_from_world[:, None],
        intrinsics=clip.scene_intrinsics[:, None],
    )
    frame = camera(same, torch.zeros(3, dtype=torch.bool)).camera
    picture = camera.picture_features(clip, clip.has_camera)
    for a, b in zip(frame, picture, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_fresh_options_are_silent(shared, wake, clip) -> None:
    """Until they are trained, a network has its output without them."""
    plain = {"foreground": {}, "plucker_camera": CAMERA | {"at_input": False, "on_stream": False}}
    conditions = {**plain, "scene_reference": {"gate": 1.0}}
    without = shared(conditions)
    with_rays = shared({**SHARED, "scene_reference": {"rays": "shared", "gate": 1.0}}, awake=False)
    report = with_rays.load_state_dict(without.state_dict(), strict=False)
    assert not report.unexpected_keys
    assert {key.split(".")[2] for key in report.missing_keys} == {
        "to_input", "stream_adaptors", "ray_convolution",
    }  # fmt: skip
    expected = without(noisy(), STEPS, clip).value
    assert torch.equal(with_rays(noisy(), STEPS, clip).value, expected)
    wake(with_rays.conditioners["scene_reference"].ray_convolution)
    assert (with_rays(noisy(), STEPS, clip).value - expected).abs().max() > 1e-5


@torch.no_grad()
def test_an_unknown_camera_tells_nothing(shared, clip) -> None:
    denoiser = shared()
    unknown = clip.replace(has_camera=torch.tensor([True, False, True]))
    lost = [t.clone() for t in (clip.cam_from_world, clip.scene_cam_from_world)]
    for tensor in lost:
        tensor[1] = math.nan
    nowhere = unknown.replace(cam_from_world=lost[0], scene_cam_from_world=lost[1])
    told, untold = (denoiser(noisy(), STEPS, c).value for c in (unknown, nowhere))
    assert torch.equal(told, untold)


@torch.no_grad()
def test_the_encoder_is_saved_once(shared, clip, tmp_path) -> None:
    denoiser = shared()
    names = [name for name in denoiser.state_dict() if "encoder.conv_in" in name]
    assert sorted(names) == [f"conditioners.plucker_camera.encoder.conv_in.{p}"
                             for p in ("bias", "weight")]  # fmt: skip
    denoiser.save_pretrained(tmp_path)
    loaded = Denoiser.from_pretrained(tmp_path).eval()
    expected = denoiser(noisy(), STEPS, clip).value
    torch.testing.assert_close(loaded(noisy(), STEPS, clip).value, expected)


def test_shared_rays_need_a_camera_from_the_same_origin(shared) -> None:
    with pytest.raises(InputError, match="scene_reference uses plucker_camera"):
        shared({"scene_reference": {"rays": "shared"}})
    with pytest.raises(InputError, match="rays_from scene_camera"):
        shared({"plucker_camera": {}, "scene_reference": {"rays": "shared"}})
    with pytest.raises(InputError, match="none of none, shared"):
        shared({"scene_reference": {"rays": "split"}})
    with pytest.raises(InputError, match="none of first_frame, scene_camera"):
        shared({"plucker_camera": {"rays_from": "world"}})


def test_a_reference_to_another_picture_has_no_rays_of_the_scene(tiny) -> None:
    class Other(SceneReference):
        def picture(self, clip):
            return clip.foreground[:, 0], clip.generate_mask[:, 0], clip.scene_tokens

    assert Other(tiny).ray_convolution is None
    with pytest.raises(InputError, match="Other: shared rays are the scene picture's"):
        Other(tiny, rays="shared")


def test_the_adaptor_against_loops() -> None:
    """h + W2 silu(W1 [h ; camera]), pixel by pixel, and its gradients."""
    B, F, h, w, C, D = 3, 3, 2, 2, 4, 2
    generator = torch.Generator().manual_seed(0)
    adaptor = camera_adaptor(C, D).double()
    for parameter in adaptor.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator).double()
    states = torch.randn(B * h * w, F, C, generator=generator).double().requires_grad_()
    camera = torch.randn(B, F, D, h, w, generator=generator).double().requires_grad_()

    def fast(states: Tensor, camera: Tensor) -> Tensor:
        return with_camera(states, Call(Injection(camera=(camera,))), 0, adaptor)

    first, _, last = adaptor
    expected = torch.empty_like(states)
    for b, f, i, j in torch.cartesian_prod(*map(torch.arange, (B, F, h, w))).tolist():
        row = (b * h + i) * w + j
        joined = torch.cat([states[row, f], camera[b, f, :, i, j]])
        hidden = first.weight @ joined + first.bias
        hidden = hidden / (1 + (-hidden).exp())
        expected[row, f] = states[row, f] + last.weight @ hidden + last.bias
    torch.testing.assert_close(fast(states, camera), expected)
    assert torch.autograd.gradcheck(fast, (states, camera))


def test_octaves_are_sines_and_cosines() -> None:
    rays = torch.randn(3, 3, 6, 2, 2)
    wide = with_octaves(rays, 3)
    assert wide.shape[-3] == 42
    torch.testing.assert_close(wide[..., 30:36, :, :], (8 * rays).sin())
    assert with_octaves(rays, 0) is rays


def test_from_nothing_every_part_learns_in_the_first_step(tiny, clip) -> None:
    torch.manual_seed(0)
    denoiser = DYNASCENE.denoiser(tiny, "shared_rays")
    generators = [torch.Generator().manual_seed(i) for i in range(3)]
    clean = torch.randn(3, 3, 4, 5, 7)
    losses = DiffusionLoss(terms=(prediction_error(),))(denoiser, clip, clean, generators)
    losses["prediction"].mean().backward()
    still = [
        name
        for name, parameter in denoiser.named_parameters()
        if parameter.requires_grad
        and (parameter.grad is None or not parameter.grad.any())
        # no clip was dropped; softmax does not see what all keys share
        and "null" not in name
    ]
    assert still == []


def test_gradient_checkpointing_changes_nothing(tiny, clip) -> None:
    """Blocks run again in the backward pass and see the camera of the call they belong to."""
    torch.manual_seed(0)
    denoiser = DYNASCENE.denoiser(tiny, "shared_rays").train()
    gradients = []
    for checkpointing in (False, True):
        if checkpointing:
            denoiser.enable_gradient_checkpointing()
        denoiser.zero_grad()
        denoiser(noisy(), STEPS, clip).value.square().mean().backward()
        camera = denoiser.conditioners["plucker_camera"]
        gradients.append([p.grad.clone() for p in camera.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 20
    for plain, again in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, again)


def test_a_camera_is_a_conditioner_that_others_may_use(shared) -> None:
    reference = shared().conditioners["scene_reference"]
    assert isinstance(reference.others["plucker_camera"], PluckerCamera)
    assert not any("plucker" in name for name, _ in reference.named_modules())
