"""Counting a step on tensors without numbers."""

import torch
from tiny_run import WIDTH, Fit
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from dynascene.training.counting import count_step, fake_objective
from dynascene.training.memory import fixed_memory
from dynascene.training.randomness import sample_generators

B, DEPTH = 5, 4


class Deep(Fit):
    """Linear layers without biases and sigmoids, of which each keeps its output."""

    checkpointed = False

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(DEPTH))

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        return {n: p for n, p in self.named_parameters() if n.startswith("layers")}

    def forward(self, batch: Tensor, generators) -> dict[str, Tensor]:
        def run(states: Tensor) -> Tensor:
            for layer in self.layers:
                states = layer(states).sigmoid()
            return states

        states = checkpoint(run, batch, use_reentrant=False) if self.checkpointed else run(batch)
        if bool(states.isnan().any()):  # asks for numbers, of which there are none
            raise AssertionError
        return {"loss": states.mean()}


def counted(checkpointed: bool = False):
    objective = fake_objective(Deep).train()
    objective.checkpointed = checkpointed
    return count_step(objective, torch.zeros(B, WIDTH), B, "no")


def test_bytes_and_flop_of_linear_layers_are_those_on_paper() -> None:
    step, states = counted(), 4 * B * WIDTH
    # the batch, an output of each layer (the sigmoid's; the linear one's is free), and the loss
    assert step.activations == states * (1 + DEPTH) + 4
    assert step.peak > step.activations
    # forward, gradients of weights, and of all inputs but the batch
    assert step.flop == 2 * B * WIDTH * WIDTH * (DEPTH + DEPTH + DEPTH - 1)


def test_what_is_computed_again_is_kept_less_and_counted_twice() -> None:
    plain, again = counted(), counted(checkpointed=True)
    assert again.activations == 4 * B * WIDTH + 4  # the batch alone, and the loss
    assert again.flop == plain.flop + 2 * B * WIDTH * WIDTH * DEPTH


def test_flop_are_those_of_torchs_own_counter() -> None:
    objective, batch = Deep(), torch.randn(B, WIDTH)
    with FlopCounterMode(display=False) as flops:
        objective(batch, sample_generators(0, range(B)))["loss"].backward()
    assert counted().flop == flops.get_total_flops()


def test_weights_and_their_gradients_are_counted_elsewhere() -> None:
    wide, objective = counted(), fake_objective(Deep)
    assert fixed_memory(objective) == fixed_memory(Deep())
    assert wide.peak < 4 * WIDTH * WIDTH * DEPTH + wide.activations + 4 * 4 * B * WIDTH
