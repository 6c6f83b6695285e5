import pytest
import torch
from safetensors.torch import save_file

from dynascene.errors import InputError
from dynascene.models.motion_lora import changes_of

LAYERS = ("attn1.to_q", "attn1.to_k", "attn2.to_v", "attn2.to_out")
BLOCK = "down_blocks.1.motion_modules.0.transformer_blocks.0"
DIFFUSERS = "unet.{block}.{attention}.processor.{projection}_lora.{half}.weight"
LAYOUTS = {
    "diffusers": DIFFUSERS,
    "dotted": "unet.{block}.{attention}.{projection}.lora.{half}.weight",
    "original": "module.{original}.processor.{projection}_lora.{half}.weight",
}
WIDTH, RANK = 12, 3


def lora(layout: str = DIFFUSERS, seed: int = 0) -> dict[str, torch.Tensor]:
    """A LoRA of rank 3 for four layers of one motion module of the size tiny."""
    generator, state = torch.Generator().manual_seed(seed), {}
    for layer in LAYERS:
        attention, projection = layer.split(".")
        number = int(attention[-1]) - 1
        original = BLOCK.replace(".transformer", ".temporal_transformer.transformer")
        names = {
            "block": BLOCK,
            "attention": attention,
            "projection": projection,
            "original": f"{original}.attention_blocks.{number}",
        }
        for half, shape in (("down", (RANK, WIDTH)), ("up", (WIDTH, RANK))):
            tensor = torch.randn(shape, generator=generator)
            state[layout.format(half=half, **names)] = tensor
    return state


@pytest.fixture
def pipeline(build, wake, make_pipeline):
    return make_pipeline(wake(build(("plucker_camera",))))


def weights(pipeline) -> dict[str, torch.Tensor]:
    return {name: w.clone() for name, w in pipeline.denoiser.state_dict().items()}


def test_it_changes_its_layers_by_its_product_and_nothing_else(pipeline, tmp_path) -> None:
    before, state = weights(pipeline), lora()
    save_file(state, tmp_path / "diffusion_pytorch_model.safetensors")
    pipeline.load_lora_weights(tmp_path, "zoom", scale=0.5)
    after, expected = weights(pipeline), dict(before)
    for index, layer in enumerate(LAYERS):
        down, up = list(state.values())[2 * index : 2 * index + 2]
        suffix = ".0" if layer.endswith("to_out") else ""
        name = f"unet.{BLOCK}.{layer}{suffix}.weight"
        expected[name] = before[name] + 0.5 * up @ down
        assert (after[name] - before[name]).abs().max() > 0.1
    for name, weight in expected.items():
        torch.testing.assert_close(after[name], weight)
        if ".to_" not in name:
            assert torch.equal(after[name], before[name])
    assert pipeline.motion_loras == {"zoom": 0.5}


def test_several_add_up_and_all_go_without_a_trace(pipeline) -> None:
    before = weights(pipeline)
    pipeline.load_lora_weights(lora(), scale=0.7)
    pipeline.load_lora_weights(lora(seed=1), "other")
    both = weights(pipeline)
    pipeline.unload_lora_weights()
    assert pipeline.motion_loras == {}
    assert all(torch.equal(w, before[name]) for name, w in weights(pipeline).items())
    pipeline.load_lora_weights(lora(seed=1))
    pipeline.load_lora_weights(lora(), scale=0.7)
    for name, weight in weights(pipeline).items():
        torch.testing.assert_close(weight, both[name])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_keys_says_the_same(layout) -> None:
    changes = changes_of(lora(LAYOUTS[layout]), "file")
    expected = changes_of(lora(), "file")
    assert [change.layer for change in changes] == [change.layer for change in expected]
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(changes, expected, strict=True))


def test_alpha_scales_by_the_rank() -> None:
    layer = f"{BLOCK}.attn1.to_q"
    down, up = torch.randn(RANK, WIDTH), torch.randn(WIDTH, RANK)
    state = {f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}
    (change,) = changes_of({**state, f"{layer}.alpha": torch.tensor(6.0)}, "file")
    torch.testing.assert_close(change.weight, 2 * up @ down)


def test_what_does_not_fit_is_refused_and_changes_nothing(pipeline) -> None:
    before, state = weights(pipeline), lora()
    spatial = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight"
    first = next(iter(state))
    deeper = {key.replace("down_blocks.1", "down_blocks.9"): w for key, w in state.items()}
    narrow = torch.zeros(RANK, 8)
    narrower = {key: narrow if key.endswith("down.weight") else w for key, w in state.items()}
    for wrong, message in (
        ({**state, spatial: torch.zeros(3, 8)}, "belongs to no attention of a motion module"),
        ({key: w for key, w in state.items() if key != first}, "has no down.weight"),
        (deeper, "this network has no down_blocks.9"),
        (narrower, r"is \[12, 12\] here"),
    ):
        with pytest.raises(InputError, match=message):
            pipeline.load_lora_weights(wrong)
    pipeline.load_lora_weights(state, "zoom", scale=0)
    with pytest.raises(InputError, match="zoom: is loaded already"):
        pipeline.load_lora_weights(state, "zoom")
    assert all(torch.equal(w, before[name]) for name, w in weights(pipeline).items())


def test_weights_that_are_stored_in_few_bits_take_none(pipeline) -> None:
    pipeline.denoiser.enable_layerwise_casting(
        storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32
    )
    with pytest.raises(InputError, match="load a motion LoRA before that"):
        pipeline.load_lora_weights(lora())
