"""What a step computes is free as soon as nobody reads it, without the garbage collector."""

import gc
import weakref

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from dynascene.models.attention import Reader, attention_site, attention_weights
from dynascene.models.backbone import spatial_blocks

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")
PROBE = "attention"


class Watch(Reader):
    """Leaves the attention of a layer inside a checkpoint."""

    probes = (PROBE,)

    def attended_change(self, state, call):
        if call.wants(PROBE):
            call.record(PROBE, attention_weights(state.query, state.key))


class Storages(TorchDispatchMode):
    """What was computed under it, by what is still in use."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[weakref.ref] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self.add, output)
        return output

    def add(self, tensor: torch.Tensor) -> None:
        self.references.append(weakref.ref(tensor.untyped_storage()))

    def in_use(self, *others: torch.Tensor) -> int:
        """How many storages there are, the others' apart."""
        own = {id(tensor.untyped_storage()) for tensor in others}
        storages = {id(r()) for r in self.references if r() is not None}
        return len(storages - own)


@pytest.mark.parametrize("backward", [True, False])
@pytest.mark.parametrize("checkpointing", [True, False])
def test_nothing_of_a_step_outlives_it(build, wake, make_clip, checkpointing, backward) -> None:
    denoiser, clip, storages = wake(build(NAMES)).train(), make_clip(), Storages()
    attention_site(spatial_blocks(denoiser.unet)[-1][1].attn1).add(Watch())
    if checkpointing:
        denoiser.enable_gradient_checkpointing()
    noisy, steps = torch.randn(3, 3, 4, 5, 7), torch.tensor([1, 50, 900])
    gc.collect()
    gc.disable()
    try:
        with storages, torch.autocast("cpu", torch.bfloat16):
            prediction = denoiser(noisy, steps, clip, probes=(PROBE,))
            loss = prediction.noise.square().mean() + prediction.probes[PROBE].square().mean()
        if backward:
            with storages:
                loss.backward()
        del prediction, loss
        inputs = [tensor for _, tensor in clip.items()]
        gradients = [p.grad for p in denoiser.parameters() if p.grad is not None]
        own = [*denoiser.parameters(), *denoiser.buffers(), denoiser.alpha_bars]
        left = storages.in_use(noisy, steps, *inputs, *own, *gradients)
    finally:
        gc.enable()
    assert len(storages.references) > 1000
    assert bool(gradients) == backward
    assert left == 0
