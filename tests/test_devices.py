"""Where networks calculate, and what is said where that cannot be."""

import pytest
import torch

from dynascene.devices import VARIABLE, choose_device, chosen_device, default_device
from dynascene.errors import InputError
from dynascene.generation.weights import load_weights
from dynascene.interfaces.cli import main as cli
from dynascene.interfaces.cli.reasons import fitting_preset, memory_reason

ON_CUDA = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB of "
    "which 512.00 MiB is free."
)


def pretend(monkeypatch: pytest.MonkeyPatch, *, cuda: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=False)
    assert default_device() == torch.device("cpu")
    pretend(monkeypatch, cuda=True)
    assert default_device() == torch.device("cuda")
    assert chosen_device() is None


def test_a_choice_holds_for_this_process_and_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True)
    monkeypatch.setenv(VARIABLE, "cuda")
    choose_device("cpu")
    choose_device(None)
    assert default_device() == torch.device("cpu")
    monkeypatch.setenv(VARIABLE, "tpu")
    with pytest.raises(InputError, match=r"^`device` tpu: is none; give one of cpu, cuda, mps$"):
        default_device()


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(name, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=rf"^`device` {name}: torch .*; take cpu$"):
        choose_device(name)
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(InputError, match=rf"^`device` {name}"):
        load_weights()


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--scene", "a.png", "--move", "static"),
        ("outpaint", "a.png", "--out", "b.png", "--keep", "0.5"),
        ("evaluate", "projection", "--data", "synthetic", "--out", "e"),
        ("train", "autoencoder.small"),
        ("tables",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_commands_refuse_it_before_they_read_anything(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, cuda=False)
    with pytest.raises(SystemExit) as stop:
        cli.main([*arguments, "--device", "cuda"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("dynascene: --device cuda: torch ")


def test_a_choice_ends_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "dynascene.generation.job.make_clip", lambda *_: seen.append(chosen_device())
    )
    cli.main(["generate", "--scene", "a.png", "--move", "static", "--device", "cpu"])
    assert seen == ["cpu"]
    assert chosen_device() is None


@pytest.mark.parametrize(
    ("size", "preset"),
    [
        ("23.6 GiB", "24"),
        ("15.77 GiB", "16"),
        ("11 GiB", "8"),
        ("5.8 GiB", None),
        ("900 MiB", None),
    ],
)
def test_the_largest_preset_that_fits_is_named(size: str, preset: str | None) -> None:
    assert fitting_preset(size) == preset


def test_lack_of_memory_says_what_takes_less() -> None:
    said = memory_reason(torch.cuda.OutOfMemoryError(ON_CUDA), "generate")
    assert said is not None
    assert said.startswith("the GPU's memory (7.79 GiB) does not suffice: take a smaller input, a")
    assert "(with --generator vace: --preset 8)" in said
    assert "--device cpu" in said
    trained = memory_reason(RuntimeError("MPS backend out of memory (allocated: 9 GB)"), "train")
    assert trained is not None
    assert trained.startswith("the GPU's memory does not suffice: take a smaller --batch")
    on_cpu = memory_reason(MemoryError(), "generate")
    assert on_cpu == "not enough memory: take a smaller input, a smaller --size, or fewer --frames"
    assert memory_reason(ValueError("ours"), "generate") is None
