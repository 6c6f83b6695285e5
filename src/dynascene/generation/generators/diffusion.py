"""A trained model paints the background: samples at its own resolution, detail from the guide."""

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from dynascene.generation.clip import GeneratedClip, GeneratedFrame, GenerationOptions
from dynascene.generation.decoding import follows_camera, is_guided
from dynascene.generation.detail import join_bands, keep_seen, resized
from dynascene.generation.generators.sampling import Draw, SampledFrame, Sampling, estimate_of
from dynascene.generation.guide import RenderedGuide, SceneGuide, SharpFrame, at_size, unrounded
from dynascene.generation.model_input import cropped_picture_track, model_size
from dynascene.generation.motion_input import check_motion, check_not_filmed, points_along
from dynascene.generation.painting import MOST_KEY_VIEWS, Painter, paint_memory
from dynascene.generation.weights import LoadedWeights, load_weights
from dynascene.imaging.pixels import bytes_from_tensor
from dynascene.jobs.log import Log
from dynascene.models.latents import FRAMES_AT_ONCE, latent_stride
from dynascene.models.pipeline import DynaScenePipeline
from dynascene.types import Batch, Size

NO_CAMERA = "these weights read no camera: how the background moves is their own choice"
NO_MEMORY = "these weights have no guide, so no scene memory: what the camera reveals may change"


def diffusion(guide: SceneGuide, options: GenerationOptions) -> GeneratedClip:
    """Sample a background with the weights of ``options.weights``, see ``sampled``.

    Raises InputError when the weights are missing or unreadable.
    """
    weights = options.weights
    loaded = weights if isinstance(weights, LoadedWeights) else load_weights(weights)
    return replace(sampled(guide, loaded.pipeline, options), weights=loaded.sha256)


def sampled(
    guide: SceneGuide, pipeline: DynaScenePipeline, options: GenerationOptions
) -> GeneratedClip:
    """A background sampled by a pipeline and enlarged by the guide.

    The model works at its own pixel count in the background's shape, on the same guide as the
    ``projection`` generator. It first completes the scene memory, one picture per key view. Where
    that leaves nothing unknown, the clip is the memory seen along the track; where it does, or
    without memory, the clip is sampled on it, in overlapping windows where it is long. All of this
    begins with the first frame that is read, or with ``GeneratedClip.sample``, and is done once.
    """
    clip, has_camera = guide.clip, not options.null_camera
    size = model_size(
        clip.track.size, pipeline.denoiser.size.resolution, latent_stride(pipeline.vae)
    )
    if isinstance(guide, RenderedGuide):
        if guide.shot.foreground is not None:
            check_not_filmed(pipeline.system)
        check_motion(pipeline.inputs, guide.shot.inputs)
        if "points" in pipeline.inputs and "points" not in guide.shot.inputs:
            guide = _with_points(guide, size, pipeline.chain_length)
    draw = Draw(*pipeline.sampling(options.steps, options.guidance), options.seed)
    numbers: dict[str, float] = {"steps": draw.steps, "guidance": draw.guidance}
    painter = Painter(pipeline, draw.steps, draw.guidance, options.seed, has_camera)

    def paint(log: Log) -> bool:
        if has_camera and len(clip.track) > 1 and not follows_camera(pipeline):
            log.notice(NO_CAMERA)
        if not options.scene_memory or len(clip.track) == 1:
            return False
        if not is_guided(pipeline):
            log.notice(NO_MEMORY)
            return False
        views, complete = _painted(guide, painter, size, log)
        numbers["key_views"] = views
        return complete

    def parts() -> Iterator[Batch]:
        return guide.batches(size, FRAMES_AT_ONCE, has_camera=has_camera)

    samples = options.estimate_samples
    estimate = None if samples is None else estimate_of(pipeline, draw, samples)
    clips = pipeline.clip_count(len(clip.track))
    sampling = Sampling(pipeline, paint, parts, draw, estimate, clips)

    def frames() -> Iterator[GeneratedFrame]:
        sampling.run(Log())
        if sampling.is_needless:
            yield from clip.frames()
            return
        for sample, sharp in zip(sampling.frames(), guide.frames(), strict=True):
            yield finished(sample, sharp)

    name = None if estimate is None else estimate.name
    return replace(clip, frames=frames, sampling=numbers, estimate=name, sample=sampling.run)


def _with_points(guide: RenderedGuide, size: Size, length: int | None) -> RenderedGuide:
    """The same with points of the place that follow its cameras.

    size: of the model's frames. length: of the clips that a long one is made of, as
    ``points_along`` takes it.
    """
    shot, scene = guide.shot, guide.memory.scene
    picture = cropped_picture_track(scene, size)
    skeletons = shot.inputs.get("skeleton")
    rows = points_along(guide.clip.track, scene.surface, picture, skeletons, length)
    return replace(guide, shot=replace(shot, inputs={**shot.inputs, "points": rows}))


def _painted(guide: SceneGuide, painter: Painter, size: Size, log: Log) -> tuple[int, bool]:
    """The key views that the memory took, and whether it is complete."""
    assert guide.memory is not None, "a guide with scene memory was asked for"
    coarse = at_size(guide.clip, guide.memory, size)
    with log.stage("scene memory", MOST_KEY_VIEWS) as step:
        outcome = paint_memory(guide.memory, coarse, painter, guide.clip.track.size, step)
    guide.memory.settle()
    return outcome


def finished(small: SampledFrame, sharp: SharpFrame) -> GeneratedFrame:
    """A sampled frame at the size of its guide, with what lies behind it."""
    colour = enlarged(small, sharp.colour)
    return sharp.frame._replace(
        background=bytes_from_tensor(colour),
        fine=unrounded(colour, sharp, 0.0 if small.guide is None else 1.0),
        network=None if small.guide is None else bytes_from_tensor(small.colour),
        estimate=None if small.mean is None else bytes_from_tensor(estimated(small, sharp.colour)),
    )


def enlarged(small: SampledFrame, guide: Tensor) -> Tensor:
    """A sampled frame at the size of its guide [3, H, W], as it is delivered; all in 0 … 1."""
    if small.guide is None or small.coverage is None:
        return resized(small.colour[None], *guide.shape[-2:]).clamp(0, 1)[0]
    result = join_bands(small.colour[None], small.guide[None], guide[None])
    return keep_seen(result, guide[None], small.coverage[None])[0]


def estimated(small: SampledFrame, guide: Tensor) -> Tensor:
    """The most probable colours at the size of the guide [3, H, W]: what the picture shows, and
    else the mean, soft; all in 0 … 1."""
    assert small.mean is not None, "an estimate was asked for"
    mean = resized(small.mean[None], *guide.shape[-2:]).clamp(0, 1)
    if small.coverage is None:
        return mean[0]
    return keep_seen(mean, guide[None], small.coverage[None])[0]
