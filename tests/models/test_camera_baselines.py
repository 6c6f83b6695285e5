"""CameraCtrl's and MotionCtrl's cameras, the picture beside each frame, and Eq. 4 at every step."""

import pytest
import torch
from torch import Tensor

from dynascene.errors import InputError
from dynascene.geometry.rigid import rigid, rotation_about
from dynascene.models.backbone import motion_modules, parameter_count
from dynascene.models.call import Call, calling
from dynascene.models.denoiser import Denoiser
from dynascene.models.diffusion.diffusion_loss import DiffusionLoss, summed
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.diffusion.schedule import add_noise, alpha_bar_at
from dynascene.models.injection import Injection, merge_injections
from dynascene.models.pose_encoder import PoseEncoder
from dynascene.models.readers.camera import AddedCameraReader
from dynascene.models.sizes import SD15, SMALL, size_to_dict
from dynascene.models.systems.cameractrl import CAMERACTRL
from dynascene.models.systems.motionctrl import MOTIONCTRL

STEPS = torch.tensor([2, 500, 999])
KEEP = torch.zeros(3, dtype=torch.bool)
BASELINES = (CAMERACTRL, MOTIONCTRL)
ADDED = {"encoder": "pose_encoder", "merge": "added"}
SHARED = {**ADDED, "rays_from": "scene_camera", "at_input": True}
baselines = pytest.mark.parametrize("system", BASELINES, ids=lambda system: system.name)


@pytest.fixture
def build_from(tiny):
    """build_from(conditions): a fresh denoiser of size tiny."""

    def build_from(conditions) -> Denoiser:
        torch.manual_seed(0)
        return Denoiser(size_to_dict(tiny), conditions).eval()

    return build_from


@pytest.fixture
def clip(make_clip):
    """Three clips of three frames that also turn; each picture from a camera of its own."""
    clip = make_clip()
    turns = [rigid(rotation_about("y", d).float(), torch.zeros(3)) for d in (0.0, 8.0, -5.0)]
    scene = torch.stack([rigid(rotation_about("x", d).float(), torch.ones(3)) for d in (4, 9, -7)])
    return clip.replace(
        cam_from_world=torch.stack(turns) @ clip.cam_from_world,
        scene_cam_from_world=scene,
        scene_intrinsics=clip.intrinsics[:, 0],
    )


def noisy(frames: int = 3) -> Tensor:
    return torch.randn(3, frames, 4, 5, 7, generator=torch.Generator().manual_seed(1))


# --- CameraCtrl -----------------------------------------------------------------------------------


def test_the_sum_with_the_camera_against_loops() -> None:
    """z + W (z + c) + b, pixel by pixel, and its gradients."""
    B, F, h, w, C = 3, 3, 2, 2, 4
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).double()

    merge = torch.nn.Linear(C, C).double()
    merge.weight.data, merge.bias.data = random(C, C), random(C)
    states, camera = (
        random(B * h * w, F, C).requires_grad_(),
        random(B, F, C, h, w).requires_grad_(),
    )
    reader = AddedCameraReader(0, merge)
    merged = reader.merge_input(states, Call(Injection(camera=(camera,))))
    expected = torch.empty_like(states)
    for b, f, i, j in torch.cartesian_prod(*map(torch.arange, (B, F, h, w))).tolist():
        z = states[(b * h + i) * w + j, f]
        expected[(b * h + i) * w + j, f] = (
            z + merge.weight @ (z + camera[b, f, :, i, j]) + merge.bias
        )
    torch.testing.assert_close(merged, expected)
    weight = random(*states.shape)
    gradients = [
        torch.autograd.grad((out * weight).sum(), (states, camera), retain_graph=True)
        for out in (merged, expected)
    ]
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two)
    assert reader.merge_input(states, Call()) is states  # without a camera


def test_the_pose_encoder_is_the_published_one_at_sd15() -> None:
    """Level by level: blocks of convolutions, and 16 C² + 14 C of an attention over time each."""
    with torch.device("meta"):
        encoder = PoseEncoder(SD15.widths, SD15.heads, SD15.latent_stride, 6)
        merges = CAMERACTRL.denoiser(SD15).conditioners["plucker_camera"].adaptors
    attention = sum(2 * (16 * c**2 + 14 * c) for c in SD15.widths)
    convolutions = sum(2 * (9 * c**2 + c + c**2 + c) for c in SD15.widths)
    wider = (320 + 1) * 640 + (640 + 1) * 1280
    first = 6 * 64 * 9 * 320 + 320
    assert parameter_count(encoder.parameters()) == attention + convolutions + wider + first
    assert parameter_count(encoder.parameters()) == 199_262_400
    widths = [c for c in SD15.widths for _ in range(2)] + [c for c in SD15.widths for _ in range(3)]
    assert len(merges) == 20  # down and up, not the middle
    assert parameter_count(merges.parameters()) == sum(c**2 + c for c in widths)


@torch.no_grad()
def test_a_pose_block_against_sums(wake) -> None:
    torch.manual_seed(0)
    encoder = wake(PoseEncoder((4, 8), 2, 2, 3)).double()
    block = encoder.blocks[2]  # 4 → 8 channels
    hidden = torch.randn(1, 4, 3, 5).double()
    mixed = torch.einsum("oi,bihw->bohw", block.conv_in.weight[..., 0, 0], hidden)
    mixed += block.conv_in.bias[:, None, None]
    padded = torch.nn.functional.pad(mixed, (1, 1, 1, 1))
    wide = torch.zeros(1, 8, 3, 5).double() + block.conv1.bias[:, None, None]
    for row in range(3):
        for column in range(3):
            part = padded[..., row : row + 3, column : column + 5]
            wide += torch.einsum("oi,bihw->bohw", block.conv1.weight[..., row, column], part)
    changed = torch.einsum("oi,bihw->bohw", block.conv2.weight[..., 0, 0], wide.clamp(min=0))
    expected = mixed + changed + block.conv2.bias[:, None, None]
    for pixel in ((0, 0), (2, 4)):
        tokens = expected[..., pixel[0], pixel[1]][:, None]  # a clip of one frame
        torch.testing.assert_close(
            block(hidden, 1)[..., pixel[0], pixel[1]], block.attention(tokens)[:, 0]
        )


@torch.no_grad()
def test_pose_features_have_the_unets_widths_and_grids(build_from, clip) -> None:
    """5×7 → 3×4 → 2×2: odd grids are rounded up, as the U-Net does."""
    camera = build_from({"plucker_camera": ADDED}).inject(clip, KEEP).camera
    assert [tuple(c.shape[2:]) for c in camera] == [(8, 5, 7), (12, 3, 4), (16, 2, 2)]


# --- MotionCtrl -----------------------------------------------------------------------------------


@torch.no_grad()
def test_the_matrix_is_merged_between_the_two_attentions(build_from, clip, wake) -> None:
    """x = h + attn1(h); x' = P [x ; c]; x' + attn2(x'), then the feed-forward part."""
    denoiser = wake(build_from({"camera_matrix": {}}))
    _, motion = motion_modules(denoiser.unet)[0]
    block, projection = motion.transformer_blocks[0], denoiser.conditioners["camera_matrix"]
    projection = projection.projections[0]
    B, pixels, F, C = 2, 6, 3, motion.in_channels
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(B * pixels, F, C, generator=generator)
    matrix = torch.randn(B, F, 12, generator=generator)

    x = hidden + block.attn1(block.pos_embed(block.norm1(hidden)))
    joined = torch.empty(B * pixels, F, C)
    for item in range(B * pixels):
        for f in range(F):
            codes = torch.cat([x[item, f], matrix[item // pixels, f]])
            joined[item, f] = projection.weight @ codes + projection.bias
    expected = joined + block.attn2(block.pos_embed(block.norm2(joined)))
    expected = expected + block.ff(block.norm3(expected))

    with calling(Call(Injection(camera_matrix=matrix))):
        merged = block(hidden)
    torch.testing.assert_close(merged, expected, rtol=1e-4, atol=1e-5)
    plain = block(hidden)  # without a matrix
    torch.testing.assert_close(
        plain,
        (y := x + block.attn2(block.pos_embed(block.norm2(x)))) + block.ff(block.norm3(y)),
    )
    assert (plain - merged).abs().max() > 1e-3


@torch.no_grad()
def test_the_numbers_are_the_rows_of_the_relative_camera(build_from, clip) -> None:
    numbers = build_from({"camera_matrix": {}}).inject(clip, KEEP).camera_matrix
    first = torch.linalg.inv(clip.cam_from_world[1, 0])
    expected = clip.cam_from_world[1, 2] @ first
    rows = [float(expected[row, column]) for row in range(3) for column in range(4)]
    torch.testing.assert_close(numbers[1, 2], torch.tensor(rows))
    torch.testing.assert_close(numbers[:, 0], torch.eye(4)[:3].flatten().expand(3, 12))

    other = build_from({"camera_matrix": {"origin": "scene_camera"}})
    scene = torch.linalg.inv(clip.scene_cam_from_world[1])
    expected = (clip.cam_from_world[1, 2] @ scene)[:3].flatten()
    torch.testing.assert_close(other.inject(clip, KEEP).camera_matrix[1, 2], expected)


def test_a_projection_starts_as_the_identity_and_speaks_when_it_starts_from_nothing(tiny) -> None:
    for variant, speaks in ((None, False), ("open", True)):
        for projection in (
            MOTIONCTRL.denoiser(tiny, variant).conditioners["camera_matrix"].projections
        ):
            width = len(projection.weight)
            assert torch.equal(projection.weight[:, :width], torch.eye(width))
            assert bool(projection.weight[:, width:].any()) is speaks


def test_there_is_a_projection_for_every_motion_module() -> None:
    """Linear(C + 12 → C), the identity on C at first."""
    with torch.device("meta"):
        matrix = MOTIONCTRL.denoiser(SD15).conditioners["camera_matrix"]
    widths = [c for c in SD15.widths for _ in range(5)] + [SD15.widths[-1]]
    expected = sum((c + 12) * c + c for c in widths) + 12  # the null camera
    assert parameter_count(matrix.parameters()) == expected


# --- the picture ----------------------------------------------------------------------------------


@torch.no_grad()
def test_the_picture_lies_beside_every_frame(build_from, clip) -> None:
    denoiser = build_from({"scene_image": {}})
    samples = []
    denoiser.unet.conv_in.register_forward_pre_hook(lambda _, inputs: samples.append(inputs[0]))
    denoiser(noisy(), STEPS, clip, drop=torch.tensor([False, True, False]))
    frames = samples[0].unflatten(0, (3, 3))[:, :, 4:]
    assert torch.equal(frames[0], clip.scene[0].expand(3, -1, -1, -1))
    assert frames[1].eq(0).all()


@torch.no_grad()
def test_the_pictures_rays_are_those_of_a_frame_from_its_place(build_from, clip, wake) -> None:
    denoiser = wake(build_from({"plucker_camera": SHARED, "scene_image": {"rays": "shared"}}))
    picture, camera = (denoiser.conditioners[n] for n in ("scene_image", "plucker_camera"))
    same = clip.window(0, 1).replace(
        cam_from_world=clip.scene_cam_from_world[:, None],
        intrinsics=clip.scene_intrinsics[:, None],
    )
    frame = camera(same, KEEP).camera[0][:, 0]
    expected = picture.ray_convolution(frame)[:, None]
    torch.testing.assert_close(picture(clip, KEEP).added, expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_windows_share_the_pictures_rays(build_from, clip, wake) -> None:
    """A frame of the picture stands for all frames of a window, of whatever length."""
    denoiser = wake(build_from({"plucker_camera": SHARED, "scene_image": {"rays": "shared"}}))
    shared = denoiser.inject(clip, KEEP, part="per_clip")
    assert shared.added is not None
    for start, stop in ((0, 2), (0, 3)):
        window = clip.window(start, stop)
        merged = merge_injections([shared, denoiser.inject(window, KEEP, part="per_frame")])
        part = noisy()[:, start:stop]
        expected = denoiser(part, STEPS, window).value
        torch.testing.assert_close(denoiser(part, STEPS, merged).value, expected)


@torch.no_grad()
def test_fresh_options_are_silent(build_from, clip, wake) -> None:
    """The sum with the camera, and rays at the input, until they are trained."""
    shared = {"plucker_camera": SHARED, "scene_image": {"rays": "shared"}}
    without, added = build_from({"scene_image": {}}), build_from(shared)
    wake(without.unet)
    added.unet.load_state_dict(without.unet.state_dict())
    expected = without(noisy(), STEPS, clip).value
    torch.testing.assert_close(added(noisy(), STEPS, clip).value, expected, rtol=0, atol=1e-6)
    for layer in added.conditioners["plucker_camera"].zero_layers():
        before = added(noisy(), STEPS, clip).value
        wake(layer)
        assert (added(noisy(), STEPS, clip).value - before).abs().max() > 1e-6


def test_options_that_are_none_are_refused(build_from) -> None:
    with pytest.raises(InputError, match="scene_image uses plucker_camera"):
        build_from({"scene_image": {"rays": "shared"}})
    with pytest.raises(InputError, match="scene_image: its rays are relative to the scene picture"):
        build_from({"plucker_camera": {}, "scene_image": {"rays": "shared"}})
    with pytest.raises(InputError, match="scene_image: rays 'own' is none of none, shared"):
        build_from({"scene_image": {"rays": "own"}})
    with pytest.raises(InputError, match="merge 'summed' is none of concatenated, added, none"):
        build_from({"plucker_camera": {"merge": "summed"}})
    with pytest.raises(InputError, match="encoder 'x' is none of camera_encoder, pose_encoder"):
        build_from({"plucker_camera": {"encoder": "x"}})
    with pytest.raises(InputError, match="camera_matrix: origin 'x' is none of first_frame, scene"):
        build_from({"camera_matrix": {"origin": "x"}})


# --- the systems ----------------------------------------------------------------------------------


@baselines
@pytest.mark.parametrize("variant", ["open", "clean", "shared_rays"])
def test_gradients_reach_the_camera(system, variant, tiny, clip) -> None:
    torch.manual_seed(0)
    denoiser = system.denoiser(tiny, variant)
    training = next(t for t in system.rendered if t.variant == variant)
    loss: DiffusionLoss = training.loss
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    summed(loss(denoiser, clip, noisy(), generators)).sum().backward()
    for name in {"plucker_camera", "camera_matrix"} & set(denoiser.conditioners):
        parameters = dict(denoiser.conditioners[name].named_parameters())
        entry = "encoder.conv_in.weight" if name == "plucker_camera" else "projections.0.weight"
        gradient = parameters[entry].grad
        assert gradient is not None
        codes = gradient if name == "plucker_camera" else gradient[:, -12:]
        assert codes.abs().max() > 0


@baselines
@torch.no_grad()
def test_the_camera_changes_the_video(system, tiny, clip, wake) -> None:
    for variant in (None, "shared_rays"):
        denoiser = wake(system.denoiser(tiny, variant)).eval()
        expected = denoiser(noisy(), STEPS, clip).value
        turned = clip.replace(cam_from_world=clip.cam_from_world.flip(1))
        assert (denoiser(noisy(), STEPS, turned).value - expected).abs().max() > 1e-4


@baselines
def test_the_picture_comes_as_channels_and_the_person_does_not(system) -> None:
    for variant in (None, *system.variants):
        with torch.device("meta"):
            denoiser = system.denoiser(SMALL, variant)
        assert [group.meaning for group in denoiser.input_layout] == [
            "noisy_latent",
            "image_latent",
        ]
        assert "scene_reference" not in denoiser.conditioners


@baselines
@pytest.mark.parametrize("variant", [None, "shared_rays"])
@torch.no_grad()
def test_the_persons_latent_is_exact_at_every_step(
    system, variant, tiny, wake, make_pipeline, make_batch
) -> None:
    """Eq. 4: what the network sees of the person is their own latent with the clip's noise."""
    denoiser = wake(system.denoiser(tiny, variant)).eval()
    pipeline = make_pipeline(denoiser)
    pipeline.scheduler = ddim_scheduler(denoiser.quantity, denoiser.schedule)
    batch = make_batch(F=5)
    batch = batch.replace(
        scene_cam_from_world=batch.cam_from_world[:, 1], scene_intrinsics=batch.intrinsics[:, 1]
    )
    batch.matte[..., :16, :] = 1  # somebody, larger than a latent cell
    clip = pipeline.encode(batch)
    noise = torch.randn(clip.foreground.shape, generator=torch.Generator().manual_seed(0))
    person = (clip.generate_mask == 0).expand_as(noise)
    assert person.any()
    assert not person.all()

    inputs: list[tuple[Tensor, Tensor]] = []
    denoiser.register_forward_pre_hook(lambda _, args: inputs.append((args[0], args[1])))
    ends: list[Tensor] = []

    def on_step(*arguments):
        ends.append(arguments[3]["latents"])
        return {}

    options = {"window": 3, "overlap": 1, "latents": noise, "output_type": "latent"}
    result = pipeline(clip, 4, 2.0, callback_on_step_end=on_step, **options).frames
    assert torch.equal(result[person], clip.foreground[person])
    assert len(inputs) == 4 * 2 * 2  # steps, windows, both halves of guidance
    spans = [(0, 3), (0, 3), (2, 5), (2, 5)] * 4
    for (seen, steps), (start, stop) in zip(inputs, spans, strict=True):
        alpha_bar = alpha_bar_at(denoiser.alpha_bars, steps)
        expected = add_noise(clip.foreground, noise, alpha_bar)[:, start:stop]
        inside = person[:, start:stop]
        torch.testing.assert_close(seen[inside], expected[inside], rtol=1e-4, atol=1e-5)
        assert (seen - expected)[~inside].abs().max() > 1e-3 or int(steps[0]) == 999
    assert len(ends) == 4
