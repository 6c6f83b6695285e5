"""Gradient checkpointing: the recomputation sees the call it belongs to."""

from collections import Counter

import torch

from dynascene.models.backbone import motion_modules
from dynascene.models.call import Call, calling, checkpoint_in_call, current_call
from dynascene.models.injection import Injection

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def gradients(denoiser, clips, *, interleaved: bool) -> dict[str, torch.Tensor]:
    """Of the summed outputs of several batches; interleaved: all forwards before any backward."""
    denoiser.zero_grad()
    noisy = torch.randn(3, 3, 4, 5, 7, generator=torch.Generator().manual_seed(9))
    losses = []
    for clip in clips:
        loss = denoiser(noisy, torch.tensor([1, 50, 900]), clip).noise.square().mean()
        losses.append(loss)
        if not interleaved:
            loss.backward()
    if interleaved:
        torch.stack(losses).sum().backward()
    return {n: p.grad.clone() for n, p in denoiser.named_parameters() if p.grad is not None}


def test_gradients_with_checkpointing_are_those_without(build, wake, make_clip) -> None:
    denoiser = wake(build(NAMES)).train()
    clips = [make_clip(seed=1), make_clip(seed=2)]
    for interleaved in (False, True):
        denoiser.disable_gradient_checkpointing()
        expected = gradients(denoiser, clips, interleaved=interleaved)
        denoiser.enable_gradient_checkpointing()
        assert denoiser.unet.mid_block.gradient_checkpointing
        checkpointed = gradients(denoiser, clips, interleaved=interleaved)
        assert checkpointed.keys() == expected.keys()
        for name, gradient in expected.items():
            torch.testing.assert_close(checkpointed[name], gradient, rtol=1e-4, atol=1e-6, msg=name)
    # the camera of the middle block is recomputed: it must have a gradient to be compared
    middle = [n for n in expected if "plucker_camera.adaptors" in n]
    assert all(expected[n].abs().max() > 0 for n in middle)


def test_what_stage_two_trains_is_computed_again_once(build, wake, make_clip) -> None:
    """diffusers leaves out most motion modules, and checkpoints the middle block twice over."""
    denoiser = wake(build(NAMES)).train()
    denoiser.enable_gradient_checkpointing()
    blocks = denoiser.conditioners["plucker_camera"].encoder.blocks
    inside = [motion.norm for _, motion in motion_modules(denoiser.unet)]
    inside += [block.resnet for block in blocks]
    runs = Counter()
    for module in inside:
        module.register_forward_hook(lambda module, _, __: runs.update([module]))
    gradients(denoiser, [make_clip()], interleaved=False)
    assert len(inside) == 10 + 3
    assert [runs[module] for module in inside] == [2] * len(inside)


def test_a_checkpoint_keeps_its_call() -> None:
    seen: list[float] = []

    class Reader(torch.nn.Module):
        def forward(self, x):
            added = current_call().injection.added
            seen.append(-1.0 if added is None else float(added))
            return x.sin()

    x = torch.ones(1, requires_grad=True)
    with calling(Call(Injection(added=torch.tensor(5.0)))):
        y = checkpoint_in_call(Reader(), x)
    with calling(Call(Injection(added=torch.tensor(7.0)))):
        y.sum().backward()
    assert seen == [5.0, 5.0]
    assert current_call().injection == Injection()
