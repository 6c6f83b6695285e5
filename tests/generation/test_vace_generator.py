"""The generator ``vace`` on networks of a few kilobytes with random weights."""

import errno
import gc
import json
import os
import shutil
import weakref
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import IO, Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_vace import WIDTH, save_vace

from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import check_generator, generate
from dynascene.generation.generators.vace import behind_person
from dynascene.generation.generators.vace_sampling import (
    OVERLAP,
    VaceFrame,
    VaceSampling,
    moved,
    network_size,
    padded_length,
    stored_frames,
    window_spans,
)
from dynascene.generation.guide import RenderedGuide, prepare
from dynascene.generation.names import PRESET_NAMES
from dynascene.generation.prompt_embeddings import TOKENS, embed_prompts
from dynascene.generation.request import CameraInput, GenerationRequest, PlaceInput
from dynascene.generation.vace_weights import (
    FOUR_BITS,
    GIB,
    PRESETS,
    fetched_weights,
    in_four_bits,
    load_vace,
    preset_of,
)
from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.repainting import repaint
from dynascene.interfaces.cli.main import main
from dynascene.io.video_writing import PngSequenceWriter
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, Shot, Size

SAMPLING = "dynascene.generation.generators.vace_sampling"
FRAMES, SIZE = 6, Size(96, 64)
GREY, PAINT = 128, 40


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return save_vace(tmp_path_factory.mktemp("vace"))


@pytest.fixture(scope="module")
def scene() -> LiftedScene:
    random = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 9, 14, generator=random)
    picture = torch.nn.functional.interpolate(coarse, (90, 140), mode="bicubic")[0].clamp(0, 1)
    return lift_to_stage(picture, PictureCamera(120.0, Size(140, 90), 40.0))


def shot(frames: int = FRAMES, move: str = "pan-right:50", person: bool = True) -> Shot:
    """A red person before a green screen, from the frame's middle down to its lower border."""
    track = make_move(move, frames, intrinsics_from_fov(50.0, SIZE), SIZE)
    if not person:
        return Shot(None, None, track, Fraction(24))
    colour = np.zeros((*SIZE[::-1], 3), np.uint8)
    colour[..., 1], matte = 255, np.zeros((*SIZE[::-1], 1), np.uint8)
    colour[24:, 40:60], matte[24:, 40:60] = (255, 0, 0), 255
    return Shot(ArrayFrames([colour] * frames), ArrayFrames([matte] * frames), track, Fraction(24))


def options(weights: Path, **changes: Any) -> GenerationOptions:
    given: dict[str, Any] = {"steps": 2, "framing": "centre"}
    return GenerationOptions(generator="vace", weights=str(weights), **(given | changes))


class Recorder:
    """Stands for the pipeline: notes what it gets, and paints what is white in the mask."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, **given: Any) -> Any:
        self.calls.append(given)
        video, mask = arrays(given["video"]), arrays(given["mask"])
        painted = np.where(mask[..., None] > 127, PAINT, video)
        frames = torch.from_numpy(painted).permute(0, 3, 1, 2)[None].float() / 255
        return type("Output", (), {"frames": frames})()


def arrays(pictures: list) -> np.ndarray:
    return np.stack([np.asarray(picture) for picture in pictures])


def record(source: Shot, scene: LiftedScene, length: int = 81, **changes: Any) -> tuple:
    """What the pipeline is given of a shot, and the sampled frames."""
    guide = prepare(source, scene, GenerationOptions(framing="centre"))
    assert isinstance(guide, RenderedGuide)
    recorder, embedding = Recorder(), torch.zeros(1, TOKENS, WIDTH)
    sampling = VaceSampling(
        guide, lambda: recorder, lambda _: [embedding, embedding],
        steps=2, guidance=5.0, seed=0, length=length, **changes,
    )  # fmt: skip
    sampling.run(Log())
    return guide, recorder.calls, sampling.frames


@pytest.mark.parametrize("frames", [1, 5, 81, 82, 157, 158, 300])
def test_windows_cover_a_clip_and_share_a_latent_frame(frames: int) -> None:
    spans = window_spans(frames, 81)
    assert spans[0][0] == 0
    assert spans[-1][1] == frames
    assert all(start < stop <= start + 81 for start, stop in spans)
    overlaps = [one[1] - two[0] for one, two in pairwise(spans)]
    assert overlaps == [OVERLAP] * (len(spans) - 1)


def test_lengths_and_sizes_are_those_that_the_network_takes() -> None:
    assert [padded_length(n) for n in (1, 2, 5, 24, 25)] == [1, 5, 5, 25, 25]
    for shape in (Size(1920, 1080), Size(131, 83), Size(300, 900)):
        width, height = network_size(shape)
        assert width % 16 == height % 16 == 0
        assert width * height <= 1.1 * 832 * 480
        assert abs(np.log((width / height) / (shape.width / shape.height))) < 0.25


def test_white_is_what_neither_picture_nor_person_shows(scene: LiftedScene) -> None:
    guide, (call,), _ = record(shot(), scene)
    video, mask = arrays(call["video"]), arrays(call["mask"])
    assert video.shape == (9, 64, 96, 3)  # 6 frames, filled up to 4k + 1
    assert (video[6:] == video[5]).all()
    assert (call["num_frames"], call["height"], call["width"]) == (9, 64, 96)
    assert set(np.unique(mask)) == {0, 255}
    person = np.zeros((64, 96), bool)
    person[24:, 40:60] = True
    for index, frame in enumerate(guide.clip.frames()):
        seen = frame.visibility[..., 0] >= 128
        np.testing.assert_array_equal(mask[index] == 255, ~seen & ~person)
        assert (video[index][person] == (255, 0, 0)).all()
        assert (video[index][~seen & ~person] == GREY).all()
        np.testing.assert_array_equal(
            video[index][seen & ~person], frame.background[seen & ~person]
        )
    assert 0.02 < (mask[:6] == 255).mean() < 0.9
    (reference,) = call["reference_images"]
    picture = (scene.picture * 255).round().permute(1, 2, 0).numpy()
    assert np.abs(np.asarray(reference) - picture).max() <= 1


def test_what_the_picture_shows_is_kept_and_nobody_stays_behind(weights, scene) -> None:
    made = generate(shot(), scene, options(weights, steps=1))
    log = Log()
    made.sample(log)
    assert "hash weights" in [stage["stage"] for stage in log.stages]
    plain = generate(shot(), scene, GenerationOptions(generator="projection", framing="centre"))
    changed = []
    for one, two in zip(made.frames(), plain.frames(), strict=True):
        seen = cv2.erode(two.visibility[..., 0], np.ones((3, 3))) == 255
        difference = np.abs(one.background.astype(int) - two.background).max(-1)
        assert difference[seen].max() <= 1
        assert np.abs(one.exact_background * 255 - one.background).max() < 1.1
        assert np.abs(one.exact_background - two.exact_background)[seen].max() < 0.5 / 255
        changed.append(difference[two.visibility[..., 0] == 0])
        assert one.network.shape == (64, 96, 3)
    assert np.concatenate(changed).mean() > 5
    assert made.sampling == {"steps": 1, "guidance": 5.0, "windows": 1}
    assert {name.split("/")[0] for name in made.weights} == {"transformer", "vae"}


def test_behind_the_person_stands_the_guide_in_the_light_around() -> None:
    guide = torch.full((1, 3, 64, 96), 0.3)
    frames, matte = guide + 0.2, torch.zeros(1, 1, 32, 48)
    matte[..., 10:24, 20:28] = 1
    frames[..., 20:48, 40:56] = 1.0  # the network painted the person too
    background = behind_person(frames, guide, matte)
    torch.testing.assert_close(background, guide + 0.2, rtol=0, atol=0.08)
    assert torch.equal(behind_person(frames, guide, torch.zeros_like(matte)), frames)


def test_a_window_begins_with_the_last_frames_of_the_one_before(scene: LiftedScene) -> None:
    _, calls, frames = record(shot(12), scene, length=9)
    assert len(calls) == 2
    assert len(frames) == 12
    video, mask = arrays(calls[1]["video"]), arrays(calls[1]["mask"])
    assert not mask[:OVERLAP].any()
    before = torch.stack([frame.colour for frame in frames[4:9]]).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(video[:OVERLAP], before)
    seeds = [call["generator"].initial_seed() for call in calls]
    assert seeds[0] != seeds[1]


def test_the_scene_memory_takes_up_what_a_window_shows_but_not_the_person(scene) -> None:
    """Under a camera that stands still the next window sees the place as painted."""
    static = shot(12, "static")
    wide = Size(*SIZE)
    track = make_move("static", 12, intrinsics_from_fov(80.0, wide), wide)
    static = Shot(static.foreground, static.matte, track, Fraction(24))
    _, (first, second), _ = record(static, scene, length=9)
    before, after = (arrays(call["mask"])[OVERLAP] == 255 for call in (first, second))
    assert before.mean() > 0.2
    assert after.sum() < 0.3 * before.sum()
    video = arrays(second["video"])[OVERLAP]
    painted = before & ~after
    assert np.abs(video[painted].astype(int) - PAINT).mean() < 25
    _, (_, forgetful), _ = record(static, scene, length=9, remembers=False)
    np.testing.assert_array_equal(arrays(forgetful["mask"])[OVERLAP] == 255, before)


def test_the_unpainted_place_is_let_go_when_all_is_sampled(scene, monkeypatch) -> None:
    plain: list[weakref.ref] = []

    def noted(canvas: SceneCanvas, before: SceneCanvas, *others: Any) -> SceneCanvas:
        plain.append(weakref.ref(before))
        return repaint(canvas, before, *others)

    monkeypatch.setattr("dynascene.generation.scene_memory.repaint", noted)
    guide, _, _ = record(shot(12, "pan-right:50"), scene, length=9)
    assert plain
    gc.collect()
    assert not any(canvas() for canvas in plain)
    assert len(list(guide.frames())) == 12  # by what was painted, which stays


def test_prompts_are_encoded_once_and_the_encoder_may_go(weights, tmp_path) -> None:
    log, texts = Log(), ("a mountain lake", "night")
    first = embed_prompts(weights, texts, WIDTH, log)
    assert [tuple(e.shape) for e in first] == [(1, TOKENS, WIDTH)] * 2
    assert not torch.equal(*first)
    assert [stage["stage"] for stage in log.stages].count("text encoder") == 1
    without = tmp_path / "without"
    shutil.copytree(weights, without)
    shutil.rmtree(without / "text_encoder")
    again, quiet = embed_prompts(without, texts[::-1], WIDTH, Log())[::-1], Log()
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    embed_prompts(weights, texts, WIDTH, quiet)
    assert quiet.stages == []
    with pytest.raises(InputError, match="has no text_encoder, and this prompt has not been"):
        embed_prompts(without, ["a lake"], WIDTH, Log())


def test_embeddings_are_known_by_their_encoder(weights, tmp_path) -> None:
    """Another one of the same size says something else."""
    other, texts = tmp_path / "other", ["a mountain"]
    shutil.copytree(weights, other)
    (file,) = (other / "text_encoder").glob("*.safetensors")
    tensors = {name: -0.5 * tensor for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})
    (one,), (two,) = (embed_prompts(folder, texts, WIDTH, Log()) for folder in (weights, other))
    assert not torch.equal(one, two)
    shutil.rmtree(other / "text_encoder")
    with pytest.raises(InputError, match="by several, differently; fetch both folders"):
        embed_prompts(other, texts, WIDTH, Log())


def test_the_prompt_and_the_seed_reach_the_network(weights, scene) -> None:
    def background(**changes: Any) -> np.ndarray:
        given = options(weights, steps=1, size=Size(48, 32), **changes)
        clip = generate(shot(1, person=False), scene, given)
        return np.stack([frame.network for frame in clip.frames()])

    plain = background()
    assert np.array_equal(plain, background())
    for change in ({"prompt": "a lake"}, {"negative_prompt": "night"}, {"seed": 1}):
        assert not np.array_equal(plain, background(**change)), change


@pytest.mark.parametrize("name", ["8", "12"])
def test_a_preset_says_how_weights_are_stored(weights, scene, name: str) -> None:
    pipeline = load_vace(weights, PRESETS[name])
    stored = pipeline.transformer.blocks[0].ffn.net[0].proj.weight.dtype
    assert (stored == torch.float8_e4m3fn) is PRESETS[name].eight_bits
    assert pipeline.vae.use_tiling
    assert pipeline.vae.dtype == torch.float32
    clip = generate(shot(3, person=False), scene, options(weights, preset=name, steps=1))
    assert len(list(clip.frames())) == 3


def test_four_bits_need_a_package_and_a_gpu(weights, monkeypatch) -> None:
    wished = replace(options(weights, preset="16"), four_bits=True)
    monkeypatch.setattr("dynascene.extras.is_installed", lambda package: package != "bitsandbytes")
    with pytest.raises(InputError, match=r"`four_bits` needs bitsandbytes.*dynascene\[vace4\]"):
        check_generator(wished)
    monkeypatch.setattr("dynascene.extras.is_installed", lambda _: True)
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("fetched")
    )
    for weights_of in (wished, replace(wished, weights="owner/name")):
        with pytest.raises(InputError, match="`four_bits`: needs an NVIDIA GPU"):
            check_generator(weights_of)
    monkeypatch.setattr(
        "dynascene.generation.vace_weights.default_device", lambda: torch.device("cuda")
    )
    check_generator(wished)


def test_four_bits_take_a_quarter_and_no_group_offload(weights) -> None:
    preset = preset_of(replace(options(weights, preset="16"), four_bits=True))
    assert (preset.four_bits, preset.eight_bits, preset.offload) == (True, False, "networks")
    assert preset.frames == PRESETS["16"].frames
    assert preset_of(options(weights, preset="16")) == PRESETS["16"]
    # 17.3 thousand million numbers of 14B leave room on 16 GB
    assert 17.3e9 * FOUR_BITS / GIB < 0.75 * 16


def test_a_network_in_four_bits_says_about_the_same(tmp_path, monkeypatch) -> None:
    """On a CPU, which the library can do, though diffusers asks for a GPU."""
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    from diffusers import WanVACETransformer3DModel
    from diffusers.quantizers.bitsandbytes.bnb_quantizer import BnB4BitDiffusersQuantizer as Bnb

    monkeypatch.setattr(Bnb, "validate_environment", lambda *_, **__: None)
    monkeypatch.setattr(Bnb, "update_device_map", lambda *_: {"": "cpu"})
    torch.manual_seed(0)
    whole = WanVACETransformer3DModel(
        num_attention_heads=2, attention_head_dim=64, text_dim=64, ffn_dim=128, num_layers=3,
        rope_max_seq_len=32, vace_layers=[0, 2], vace_in_channels=96,
    )  # fmt: skip
    whole.save_pretrained(tmp_path / "transformer")
    small = in_four_bits(tmp_path, torch.float32)
    layer = small.blocks[0].attn1.to_q
    assert type(layer).__name__ == "Linear4bit"
    assert layer.weight.numel() * layer.weight.element_size() == 128 * 128 / 2
    given = {
        "hidden_states": torch.randn(1, 16, 2, 8, 8), "timestep": torch.tensor([500]),
        "encoder_hidden_states": torch.randn(1, 5, 64), "return_dict": False,
        "control_hidden_states": torch.randn(1, 96, 2, 8, 8),
    }  # fmt: skip
    with torch.no_grad():
        (wanted,), (seen,) = whole(**given), small(**given)
    assert (wanted - seen).abs().mean() < 0.25 * wanted.abs().mean()


@pytest.mark.parametrize("allocates", [True, False])
def test_frames_that_wait_lie_in_a_file(allocates: bool, monkeypatch) -> None:
    descriptors: list[int] = []

    def temporary_file() -> IO[bytes]:
        file = TemporaryFile()  # noqa: SIM115 — who calls it closes it
        descriptors.append(os.dup(file.fileno()))
        return file

    monkeypatch.setattr(f"{SAMPLING}.TemporaryFile", temporary_file)
    if not allocates:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    store = stored_frames(3, Size(7, 5))
    (file,) = descriptors
    assert os.fstat(file).st_size == store.numel() == 3 * 5 * 5 * 7
    values = torch.arange(5 * 5 * 7, dtype=torch.uint8).reshape(5, 5, 7)
    frame = moved(VaceFrame(values[:3], values[3:4], values[4:]), store[2])
    assert torch.equal(store[2], values)
    assert [part.shape[0] for part in frame] == [3, 1, 1]
    assert torch.equal(torch.cat(frame), values)
    assert (store[:2] == 0).all()
    values[:] = 9
    assert not torch.equal(store[2], values)  # a copy
    assert os.pread(file, 175, 2 * 175) == bytes(range(175))
    os.close(file)


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "has no room for"), (errno.EIO, "cannot hold")]
)
def test_a_disk_that_fails_is_told_before_anything_is_loaded(
    number: int, reason: str, scene, monkeypatch
) -> None:
    """Found out in the middle, it would kill the process."""

    def full(_: int, start: int, size: int) -> None:
        assert (start, size) == (0, FRAMES * 5 * 64 * 96)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    guide = prepare(shot(), scene, GenerationOptions(framing="centre"))
    assert isinstance(guide, RenderedGuide)
    sampling = VaceSampling(
        guide, lambda: pytest.fail("loaded"), lambda _: pytest.fail("encoded"),
        steps=2, guidance=5.0, seed=0, length=81,
    )  # fmt: skip
    with pytest.raises(InputError, match=f"{gettempdir()}: {reason} 0 MB .*TMPDIR"):
        sampling.run(Log())
    assert sampling.frames == []


def test_every_preset_has_a_name_and_windows_that_fit() -> None:
    assert tuple(PRESETS) == PRESET_NAMES
    assert all(preset.frames % 4 == 1 for preset in PRESETS.values())


def test_what_cannot_be_is_refused_in_one_line(weights, tmp_path, monkeypatch) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(weights, broken)
    file = broken / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    other = tmp_path / "other"
    other.mkdir()
    (other / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline"}))
    for refused, message in (
        (GenerationOptions(generator="vace"), "brings none; give the folder of Wan2.1-VACE"),
        (options(tmp_path), "has no model_index.json; give the folder"),
        (options(other), "describes WanPipeline, expected WanVACEPipeline"),
        (options(broken), "is no whole file of weights"),
        (options(Path("nowhere.safetensors")), "is no folder and no hub id"),
        (options(weights, null_camera=True), "`cameras` none: the vace generator follows"),
    ):
        with pytest.raises(InputError, match=message):
            check_generator(refused)
    monkeypatch.setattr("dynascene.generation.vace_weights.GIB", 1000)
    with pytest.raises(InputError, match=r"`preset` 12: .* alone take .*; take 16, which"):
        check_generator(options(weights, preset="12"))
    check_generator(options(weights, preset="16"))
    monkeypatch.setattr("dynascene.generation.vace_weights._check_four_bits", lambda: None)
    with pytest.raises(InputError, match=r"take 16 without `four_bits`, which holds one block"):
        check_generator(replace(options(weights, preset="8"), four_bits=True))
    monkeypatch.setattr("dynascene.extras.is_installed", lambda package: package != "ftfy")
    with pytest.raises(InputError, match=r"encoding a prompt needs ftfy.*dynascene\[vace\]"):
        check_generator(options(weights, prompt="something new"))


def test_weights_that_are_not_whole_are_refused_before_anything_is_made(weights, tmp_path) -> None:
    folder = tmp_path / "vace"
    shutil.copytree(weights, folder)
    network = folder / "transformer"
    (one_file,) = network.glob("*.safetensors")
    pieces = [network / f"piece-{number}.safetensors" for number in range(3)]
    for piece in pieces:
        shutil.copy(one_file, piece)
    one_file.unlink()
    with pytest.raises(InputError, match=f"transformer: lacks {one_file.name}"):
        check_generator(options(folder))
    index = network / f"{one_file.name}.index.json"
    places = {f"layer{number}": piece.name for number, piece in enumerate(pieces)}
    index.write_text(json.dumps({"weight_map": places}))
    check_generator(options(folder))
    pieces[1].unlink()
    with pytest.raises(InputError, match=r"transformer: lacks piece-1\.safetensors"):
        check_generator(options(folder))
    index.write_text("{}")
    with pytest.raises(InputError, match="has no weight_map"):
        check_generator(options(folder))


def test_weights_that_nobody_named_are_offered_only_whole(weights, tmp_path, monkeypatch) -> None:
    for name in ("whole", "half"):
        shutil.copytree(weights, tmp_path / name)
    shutil.rmtree(tmp_path / "half" / "transformer")
    for name, offered in (("whole", str(tmp_path / "whole")), ("half", None)):
        monkeypatch.setattr(
            "huggingface_hub.snapshot_download",
            lambda *_, local_files_only, name=name: str(tmp_path / name),
        )
        assert fetched_weights() == offered


def test_other_networks_and_damaged_configurations_are_refused(weights, tmp_path) -> None:
    folder = tmp_path / "vace"
    shutil.copytree(weights, folder)
    for file, change, message in (
        ("model_index.json", {"vae": ["diffusers", "AutoencoderKL"]}, "describes AutoencoderKL,"),
        ("model_index.json", {"transformer": []}, "a part is of nothing"),
        ("vae/config.json", {"_class_name": "AutoencoderKL"}, "expected AutoencoderKLWan"),
        ("transformer/config.json", {"text_dim": None}, r"config\.json: text_dim None: must be"),
        ("transformer/config.json", None, r"config\.json: is no JSON object"),
    ):
        path, text = folder / file, (folder / file).read_text()
        path.write_text("[]" if change is None else json.dumps(json.loads(text) | change))
        with pytest.raises(InputError, match=message):
            check_generator(options(folder))
        path.write_text(text)
    check_generator(options(folder))
    shutil.rmtree(folder / "scheduler")
    with pytest.raises(InputError, match=r"lacks scheduler/scheduler_config\.json"):
        check_generator(options(folder))


def test_options_of_another_generator_are_refused(tmp_path) -> None:
    place, move = PlaceInput(scene=tmp_path / "scene.png"), CameraInput(move="static")
    for name, value in (("prompt", "a lake"), ("negative_prompt", "night"), ("preset", "8")):
        with pytest.raises(InputError, match=f"`{name}`: is for `generator` vace"):
            GenerationRequest(place=place, camera=move, options=GenerationOptions(**{name: value}))


def test_the_command_makes_a_clip_of_it(weights, tmp_path) -> None:
    y, x = np.mgrid[:90, :140]
    cv2.imwrite(str(tmp_path / "scene.png"), np.stack([x, y, x + y], 2).astype(np.uint8))
    source = shot(2)
    pairs = zip(source.foreground.read(), source.matte.read(), strict=True)
    with PngSequenceWriter(tmp_path / "person") as writer:
        for pair in pairs:
            writer.write(np.dstack(pair))
    main(
        [
            "generate", str(tmp_path / "person"), "--scene", str(tmp_path / "scene.png"),
            "--move", "pan-right:40", "--generator", "vace", "--weights", str(weights),
            "--prompt", "a mountain lake", "--preset", "8", "--steps", "1", "--layers",
            "--shadow", "0", "--harmonise", "none", "--framing", "centre",
            "--out", str(tmp_path / "out"),
        ]
    )  # fmt: skip
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["generator"] == "vace"
    assert report["options"]["options"]["prompt"] == "a mountain lake"
    assert report["sampling"] == {"steps": 1, "guidance": 5.0, "windows": 1}
    assert any(name.startswith("transformer/") for name in report["weights"])
    background = cv2.imread(str(tmp_path / "out" / "background" / "00000.png"), -1)
    assert background.shape == (64, 96, 3)
    assert (tmp_path / "out" / "composite.mp4").is_file()
    assert report["look"]["person_pixels_exact"] is True
