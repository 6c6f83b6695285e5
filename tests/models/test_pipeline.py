import gc
import weakref

import pytest
import torch
from diffusers import ConfigMixin, DPMSolverMultistepScheduler, EulerDiscreteScheduler
from same_weights import LOADED_TOLERANCE, assert_same_weights
from torch import nn

from dynascene.errors import InputError
from dynascene.models.diffusion.samplers import ddim_scheduler
from dynascene.models.guided_prediction import GuidedPrediction
from dynascene.models.pipeline import DynaScenePipeline

PAPER = ("foreground", "scene_reference", "image_embedding", "plucker_camera")
GUIDED = (*PAPER, "guide")


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def settings(scheduler: ConfigMixin) -> dict[str, object]:
    return {key: value for key, value in scheduler.config.items() if not key.startswith("_")}


def assert_same_components(loaded: DynaScenePipeline, saved: DynaScenePipeline) -> None:
    """Equal settings, and weights equal to the bit."""
    assert loaded.components.keys() == saved.components.keys()
    assert settings(loaded.scheduler) == settings(saved.scheduler)
    for name, component in saved.components.items():
        if isinstance(component, nn.Module):
            assert_same_weights(loaded.components[name], component)


@pytest.fixture
def paper(build, wake, make_pipeline) -> DynaScenePipeline:
    return make_pipeline(wake(build(PAPER)))


def test_frames_have_the_shape_and_range_of_the_clip(paper, make_batch) -> None:
    frames = paper(make_batch(), 2, generator=seed()).frames
    assert frames.shape == (1, 3, 3, 40, 56)
    assert frames.min() >= 0
    assert frames.max() <= 1
    assert frames.std() > 1e-3


def test_the_seed_decides(paper, make_batch) -> None:
    batch = make_batch()
    one, two = (paper(batch, 2, generator=seed(0)).frames for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, paper(batch, 2, generator=seed(1)).frames)


@pytest.mark.parametrize("names", [PAPER, GUIDED, ("foreground", "image_embedding")])
def test_a_saved_pipeline_gives_the_same_frames(
    build, wake, make_pipeline, make_batch, tmp_path, names
) -> None:
    prediction = "guide_residual" if "guide" in names else "epsilon"
    pipeline, batch = make_pipeline(wake(build(names, prediction))), make_batch()
    pipeline.save_pretrained(tmp_path)
    loaded = DynaScenePipeline.from_pretrained(tmp_path)
    loaded.set_progress_bar_config(disable=True)
    assert_same_components(loaded, pipeline)
    expected = pipeline(batch, 2, generator=seed()).frames
    frames = loaded(batch, 2, generator=seed()).frames
    torch.testing.assert_close(frames, expected, rtol=0, atol=LOADED_TOLERANCE)
    other = loaded(batch, 2, generator=seed(1)).frames
    assert (other - expected).abs().max() > 100 * LOADED_TOLERANCE


def test_weights_carry_the_numbers_they_are_best_sampled_with(
    build, wake, make_pipeline, make_batch, tmp_path
) -> None:
    made, batch = make_pipeline(wake(build(PAPER))), make_batch()
    assert made.sampling(None, None) == (50, 3.5)  # the paper's
    parts = (made.vae, made.image_encoder, made.denoiser, made.scheduler)
    DynaScenePipeline(*parts, steps=2, guidance=1.5).save_pretrained(tmp_path)
    loaded = DynaScenePipeline.from_pretrained(tmp_path)
    assert loaded.sampling(None, None) == (2, 1.5)
    assert loaded.sampling(3, 0.0) == (3, 0.0)
    loaded.set_progress_bar_config(disable=True)
    assert_same_components(loaded, made)
    expected = made(batch, 2, 1.5, seed()).frames
    frames = loaded(batch, generator=seed()).frames
    torch.testing.assert_close(frames, expected, rtol=0, atol=LOADED_TOLERANCE)
    for steps, guidance in ((2, 1.0), (3, 1.5)):  # other numbers are seen in the frames
        other = loaded(batch, steps, guidance, seed()).frames
        assert (other - expected).abs().max() > 100 * LOADED_TOLERANCE


def test_any_scheduler_on_the_training_schedule(paper, make_batch) -> None:
    batch = make_batch()
    ddim = paper(batch, 3, generator=seed()).frames
    paper.scheduler = DPMSolverMultistepScheduler.from_config(paper.scheduler.config)
    other = paper(batch, 3, generator=seed()).frames
    assert other.isfinite().all()
    assert not torch.equal(other, ddim)


def test_the_callback_sees_each_step_and_may_change_the_latents(paper, make_batch) -> None:
    seen = []

    def on_step(pipeline, step, timestep, tensors):
        seen.append((step, int(timestep)))
        return {"latents": torch.zeros_like(tensors["latents"])}

    frames = paper(make_batch(), 3, output_type="latent", callback_on_step_end=on_step).frames
    assert [step for step, _ in seen] == [0, 1, 2]
    assert seen[0][1] > seen[2][1]
    assert frames.eq(0).all()


@pytest.mark.parametrize("scheduler", [None, EulerDiscreteScheduler])
def test_each_clip_of_a_chain_starts_as_noisy_as_the_first(
    build, make_pipeline, make_clip, scheduler
) -> None:
    """And all its steps are counted through, with the networks freed once, after the last."""
    denoiser = build(("image_embedding",), "clean", system="disentangled")
    pipeline = make_pipeline(denoiser)
    pipeline.scheduler = ddim_scheduler("clean")
    if scheduler is not None:
        pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config)
    starts, seen, freed = [], [], []

    def start_of(module, arguments) -> None:
        starts.append(float(arguments[0].std()))

    def on_step(pipeline, step, timestep, tensors):
        seen.append((step, int(timestep)))

    denoiser.register_forward_pre_hook(start_of)
    pipeline.maybe_free_model_hooks = lambda: freed.append(len(seen))
    clip = make_clip(B=1, F=7)
    frames = pipeline(clip, 2, 1.0, seed(), callback_on_step_end=on_step).frames
    assert frames.shape[:2] == (1, 7)
    assert [step for step, _ in seen] == list(range(pipeline.clip_count(7) * 2)) == list(range(6))
    assert starts[::2] == pytest.approx([1, 1, 1], abs=0.2)
    assert freed == [6]


def test_features_of_the_scene_are_made_once_per_clip(paper, make_batch) -> None:
    """Over all steps, windows and both halves of guidance: the ReferenceNet runs once."""
    counted = {"reference": 0, "image": 0, "camera": 0}
    conditioners = paper.denoiser.conditioners

    def count(module, name):
        module.register_forward_hook(lambda *_: counted.update({name: counted[name] + 1}))

    count(conditioners["scene_reference"].unet, "reference")
    count(paper.image_encoder, "image")
    count(conditioners["plucker_camera"].encoder, "camera")
    paper(make_batch(F=5), 3, window=3, overlap=1)
    assert counted == {"reference": 1, "image": 1, "camera": 4}  # 2 windows, twice for guidance


def test_a_clip_of_windows_is_the_average_of_its_windows(paper, make_batch) -> None:
    """One step of a five-frame clip: the frames that one window alone sees are that window's."""
    batch = make_batch(F=5)
    latents = torch.randn(1, 5, 4, 5, 7, generator=seed())
    options = {"guidance_scale": 1.0, "output_type": "latent", "window": 3, "overlap": 1}
    whole = paper(batch, 1, latents=latents, **options).frames
    alone = paper(batch.window(0, 3), 1, latents=latents[:, :3], **options).frames
    # ε is divided by √ᾱ = 0.04 here, and the autoencoder takes frames in other groups
    torch.testing.assert_close(whole[:, :2], alone[:, :2], rtol=1e-4, atol=1e-4)
    assert (whole[:, 2] - alone[:, 2]).abs().max() > 1e-5


def test_guidance_of_one_leaves_the_unconditional_half_out(paper, make_batch) -> None:
    calls = []
    paper.denoiser.unet.register_forward_hook(lambda *_: calls.append(1))
    paper(make_batch(), 2, guidance_scale=1.0)
    assert len(calls) == 2
    paper(make_batch(), 2, guidance_scale=2.0)
    assert len(calls) == 6


@pytest.mark.parametrize(("clips", "frames"), [(1, 3), (2, 5)])
def test_guidance_in_one_batch_gives_what_two_calls_give(paper, make_batch, clips, frames) -> None:
    sizes = []
    paper.denoiser.unet.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    options = {"guidance_scale": 2.5, "output_type": "latent", "window": 3, "overlap": 1}
    batch = make_batch(B=clips, F=frames)
    one, two = (
        paper(batch, 2, generator=seed(), batched_guidance=batched, **options).frames
        for batched in (True, False)
    )
    windows = 1 if frames == 3 else 2
    assert sizes == [2 * clips] * 2 * windows + [clips] * 4 * windows
    torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)
    plain = paper(batch, 2, generator=seed(), **{**options, "guidance_scale": 1.0}).frames
    assert (one - plain).abs().max() > 1e-3


def test_what_a_clip_was_sampled_with_goes_with_it(paper, make_batch) -> None:
    """Without waiting for Python's collector, which knows nothing of the memory of a GPU."""
    clip = paper.encode(make_batch())
    predict = GuidedPrediction(paper.denoiser, clip, [(0, 3)], 1, batched=True)
    with torch.no_grad():
        predict(torch.zeros(1, 3, 4, 5, 7), torch.tensor(500), 2.0)
    left = weakref.ref(predict)
    gc.disable()
    try:
        del predict
        assert left() is None
    finally:
        gc.enable()


def test_a_callback_turns_batched_guidance_on(paper, make_batch) -> None:
    sizes = []
    paper.denoiser.unet.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))

    def on_step(pipeline, step, timestep, tensors):
        pipeline._guidance_scale = 2.0
        return tensors

    options = {"guidance_scale": 1.0, "batched_guidance": True, "callback_on_step_end": on_step}
    paper(make_batch(), 3, **options)
    assert sizes == [1, 2, 2]


def test_what_cannot_be_is_refused_in_one_line(paper, make_batch) -> None:
    batch = make_batch()
    with pytest.raises(InputError, match="steps: 0"):
        paper(batch, 0)
    with pytest.raises(InputError, match="latents: shape"):
        paper(batch, 1, latents=torch.zeros(1, 2, 4, 5, 7))
    with pytest.raises(InputError, match="window: 40 frames"):
        paper(batch, 1, window=40)
    with pytest.raises(InputError, match="multiples of 8"):
        paper(make_batch(W=60), 1)


def test_offloading_knows_all_components(paper) -> None:
    networks = {name for name in paper.components if name != "scheduler"}
    assert set(paper.model_cpu_offload_seq.split("->")) == networks


@torch.no_grad()
def test_half_precision_follows_full_precision(build, wake, make_pipeline, make_batch) -> None:
    """The weights are halved; the schedule and the conversion to noise are not."""
    pipeline, batch = make_pipeline(wake(build(GUIDED, "guide_residual"))), make_batch()
    full = pipeline(batch, 3, generator=seed()).frames
    pipeline.to(dtype=torch.bfloat16)
    half = pipeline(batch, 3, generator=seed()).frames
    assert half.dtype == torch.float32
    assert (half - full).abs().mean() < 0.01


def test_an_offloaded_denoiser_is_fetched_before_it_conditions(build, make_clip) -> None:
    denoiser, clip, fetched = build(), make_clip(), []

    class Hook:
        def pre_forward(self, module, *_, **__):
            fetched.append(module)

    denoiser._hf_hook = Hook()
    denoiser.inject(clip, clip.has_camera)
    assert fetched == [denoiser]
