"""What users of diffusers may expect of every pipeline, on a tiny one."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from diffusers.callbacks import PipelineCallback, SDCFGCutoffCallback
from diffusers.pipelines import pipeline_utils
from diffusers.utils import hub_utils
from PIL.Image import Image
from same_weights import LOADED_TOLERANCE

from dynascene.errors import InputError
from dynascene.models.pipeline import DynaScenePipeline

NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera")


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


@pytest.fixture
def pipeline(build, wake, make_pipeline) -> DynaScenePipeline:
    return make_pipeline(wake(build(NAMES, system="dynascene")))


@pytest.fixture
def frames(pipeline, make_batch):
    return pipeline(make_batch(), 2, generator=seed()).frames


def test_diffusers_alone_loads_a_saved_folder(pipeline, make_batch, frames, tmp_path) -> None:
    pipeline.save_pretrained(tmp_path)
    loaded = DiffusionPipeline.from_pretrained(
        tmp_path, custom_pipeline=str(tmp_path), trust_remote_code=True
    )
    assert type(loaded) is DynaScenePipeline
    loaded.set_progress_bar_config(disable=True)
    result = loaded(make_batch(), 2, generator=seed()).frames
    torch.testing.assert_close(result, frames, rtol=0, atol=LOADED_TOLERANCE)


def test_frames_come_in_the_forms_of_diffusers(pipeline, make_batch, frames) -> None:
    arrays = pipeline(make_batch(), 2, generator=seed(), output_type="np").frames
    assert arrays.dtype == np.float32
    np.testing.assert_array_equal(arrays, frames.permute(0, 1, 3, 4, 2).numpy())
    (clip,) = pipeline(make_batch(), 2, generator=seed(), output_type="pil").frames
    assert [type(picture) for picture in clip] == [Image] * 3
    pixels = np.stack([np.asarray(picture) for picture in clip])
    np.testing.assert_array_equal(pixels, (arrays[0] * 255).round().astype(np.uint8))
    latents = pipeline(make_batch(), 2, generator=seed(), output_type="latent").frames
    assert latents.shape == (1, 3, 4, 5, 7)
    (alone,) = pipeline(make_batch(), 2, generator=seed(), return_dict=False)
    assert torch.equal(alone, frames)


def test_what_cannot_be_is_refused_before_anything_runs(pipeline, make_batch) -> None:
    pipeline.denoiser.register_forward_pre_hook(lambda *_: pytest.fail("it ran"))
    for options, message in (
        ({"output_type": "gif"}, "output_type 'gif': is one of pt, np, pil, latent"),
        ({"callback_on_step_end_tensor_inputs": ["noise"]}, "there is no noise; there are latents"),
        ({"callback_on_step_end": SDCFGCutoffCallback()}, "there is no prompt_embeds"),
        ({"generator": [seed(), seed()]}, "a list of 2 for 1 clips"),
    ):
        with pytest.raises(InputError, match=message):
            pipeline(make_batch(), 2, **options)


def test_a_clip_is_the_same_alone_and_in_a_batch_with_generators(pipeline, make_batch) -> None:
    batch = make_batch(B=2)
    both = pipeline(batch, 2, generator=[seed(3), seed(4)]).frames
    for index in range(2):
        one = type(batch)(**{name: tensor[index : index + 1] for name, tensor in batch.items()})
        alone = pipeline(one, 2, generator=seed(3 + index)).frames
        torch.testing.assert_close(both[index : index + 1], alone, rtol=0, atol=1e-4)
    assert (both[0] - both[1]).abs().max() > 1e-2


class Recorder(PipelineCallback):
    """Notes what it gets, and sets something at one step."""

    tensor_inputs = ("latents",)

    def __init__(self, at: int = -1, **attributes) -> None:
        super().__init__()
        self.at, self.attributes, self.steps = at, attributes, []

    def callback_fn(self, pipeline, step_index, timesteps, callback_kwargs):
        self.steps.append((step_index, pipeline.num_timesteps, *callback_kwargs))
        if step_index == self.at:
            for name, value in self.attributes.items():
                setattr(pipeline, name, value)
        return callback_kwargs


def test_a_pipeline_callback_gets_its_tensors_and_the_number_of_steps(
    pipeline, make_batch, frames
) -> None:
    recorder = Recorder()
    result = pipeline(make_batch(), 2, generator=seed(), callback_on_step_end=recorder).frames
    assert recorder.steps == [(0, 2, "latents"), (1, 2, "latents")]
    assert torch.equal(result, frames)


def test_an_interrupted_call_leaves_the_other_steps_out(pipeline, make_batch) -> None:
    recorder = Recorder(at=1, _interrupt=True)
    latents = []
    pipeline(
        make_batch(), 4, generator=seed(), output_type="latent",
        callback_on_step_end=lambda _, __, ___, tensors: latents.append(tensors["latents"]),
    )  # fmt: skip
    result = pipeline(
        make_batch(), 4, generator=seed(), output_type="latent", callback_on_step_end=recorder
    ).frames
    assert len(recorder.steps) == 2
    assert torch.equal(result, latents[1])
    assert pipeline.interrupt
    pipeline(make_batch(), 1)
    assert not pipeline.interrupt


def test_a_callback_may_change_the_guidance(pipeline, make_batch) -> None:
    """Guidance that ends after the first step, and guidance that begins there."""
    calls = []
    pipeline.denoiser.unet.register_forward_hook(lambda *_: calls.append(1))
    for scale, changed, expected in ((3.0, 1.0, 2 + 1), (1.0, 3.0, 1 + 2)):
        calls.clear()
        recorder = Recorder(at=0, _guidance_scale=changed)
        pipeline(make_batch(), 2, scale, callback_on_step_end=recorder)
        assert len(calls) == expected
        assert pipeline.guidance_scale == changed


def test_a_pipeline_from_another_shares_its_parts(pipeline, make_batch, frames) -> None:
    other = DynaScenePipeline.from_pipe(pipeline, guidance=1.5)
    assert all(other.components[name] is part for name, part in pipeline.components.items())
    assert other.sampling(None, None) == (50, 1.5)
    other.set_progress_bar_config(disable=True)
    assert torch.equal(other(make_batch(), 2, 3.5, generator=seed()).frames, frames)


def test_parts_that_encode_and_decode_may_be_absent(pipeline, make_batch, tmp_path) -> None:
    batch = make_batch()
    encoded = pipeline.encode(batch)
    expected = pipeline(encoded, 2, generator=seed(), output_type="latent").frames
    without = DynaScenePipeline(None, None, pipeline.denoiser, pipeline.scheduler)
    without.save_pretrained(tmp_path)
    loaded = DynaScenePipeline.from_pretrained(tmp_path)
    assert loaded.vae is None
    assert loaded.image_encoder is None
    loaded.set_progress_bar_config(disable=True)
    latents = loaded(encoded, 2, generator=seed(), output_type="latent").frames
    torch.testing.assert_close(latents, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(InputError, match="has no vae to decode with"):
        loaded(encoded, 2)
    with pytest.raises(InputError, match="has none: give it encoded clips"):
        loaded(batch, 2, output_type="latent")


def test_precision_and_components_are_those_of_diffusers(pipeline, make_batch, tmp_path) -> None:
    pipeline.save_pretrained(tmp_path)
    half = DynaScenePipeline.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert {part.dtype for part in (half.vae, half.image_encoder, half.denoiser)} == {
        torch.bfloat16
    }
    half.set_progress_bar_config(disable=True)
    assert half(make_batch(), 2, generator=seed()).frames.isfinite().all()
    again = DynaScenePipeline(**pipeline.components)
    assert again.components.keys() == pipeline.components.keys()


def test_a_saved_pipeline_has_a_card(pipeline, tmp_path) -> None:
    pipeline.save_pretrained(tmp_path / "saved")
    text = (tmp_path / "saved" / "README.md").read_text()
    assert text.startswith("---\nlibrary_name: dynascene\n---\n\n# dynascene\n")
    assert pipeline.system.paper.title in text
    assert "is not recorded here" in text


def test_weights_keep_the_card_that_they_came_with(pipeline, tmp_path) -> None:
    """What has changed since is added to it."""
    source, target = tmp_path / "source", tmp_path / "target"
    pipeline.save_pretrained(source)
    (source / "README.md").write_text("# measured weights\n")
    (source / "card.json").write_text(json.dumps({"recipe": "measured"}))
    loaded = DynaScenePipeline.from_pretrained(source)
    loaded.save_pretrained(target)
    assert (target / "README.md").read_text() == "# measured weights\n"
    assert json.loads((target / "card.json").read_text()) == {"recipe": "measured"}
    layer = "mid_block.motion_modules.0.transformer_blocks.0.attn1.processor.to_q_lora"
    halves = {"down": torch.zeros(2, 16), "up": torch.zeros(16, 2)}
    lora = {f"{layer}.{half}.weight": weight for half, weight in halves.items()}
    loaded.load_lora_weights(lora, "zoom", scale=0.5)
    loaded.save_pretrained(target)
    assert "- motion LoRA zoom, scale 0.5" in (target / "README.md").read_text()


@pytest.mark.parametrize("way", ["push_to_hub", "save_pretrained"])
def test_the_hub_gets_our_card(pipeline, tmp_path, monkeypatch, way) -> None:
    uploads = []

    class Nothing:
        repo_id = "somebody/weights"

        def save(self, path) -> None:
            Path(path).write_text("an empty card")

    def upload(folder_path, repo_id, **_) -> None:
        files = {
            path.name: path.read_bytes() for path in Path(folder_path).iterdir() if path.is_file()
        }
        uploads.append((repo_id, files))

    for module in (hub_utils, pipeline_utils):
        monkeypatch.setattr(module, "create_repo", lambda *_, **__: Nothing())
        monkeypatch.setattr(module, "load_or_create_model_card", lambda *_, **__: Nothing())
        monkeypatch.setattr(module, "populate_model_card", lambda card, *_, **__: card)
    monkeypatch.setattr(hub_utils, "upload_folder", upload)
    if way == "push_to_hub":
        pipeline.push_to_hub("somebody/weights")
    else:
        pipeline.save_pretrained(tmp_path, push_to_hub=True, repo_id="somebody/weights")
    ((repository, files),) = uploads
    assert repository == "somebody/weights"
    assert b"# dynascene" in files["README.md"]
    assert b"import DynaScenePipeline" in files["pipeline.py"]
    assert "model_index.json" in files
