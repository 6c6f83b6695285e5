"""The metrics that read networks: published files, put into one folder under their own names.

Nothing is downloaded. What lies there is measured, and the rest is told in one line each.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dynascene.devices import default_device
from dynascene.errors import InputError, one_line
from dynascene.estimators.weights import weights_folder
from dynascene.evaluation.metrics.clip_similarity import clip_cond, clip_temp, open_clip
from dynascene.evaluation.metrics.i3d import I3D, LEAST_FRAMES, i3d_input, state_from_flax
from dynascene.evaluation.metrics.lpips import BACKBONES, Lpips, head_weights
from dynascene.evaluation.metrics.lpips_backbones import HEAD, TappedFeatures
from dynascene.evaluation.metrics.measures import ClipMetric, JudgedClip, SetMetric
from dynascene.evaluation.metrics.resnet3d import SEGMENT, ResNet3D, resnet3d_input
from dynascene.evaluation.metrics.state_dicts import load_exactly, read_flax, read_state_dict
from dynascene.imaging.sheet import spread_frames
from dynascene.io.checksums import sha256_of

FOLDER = "metrics"  # below the weights in the cache
FRAMES_OF_FID = 8  # of a clip, spread evenly: neighbours show the same
INCEPTION, RESNET = "inception-2015-12-05.pt", "resnet-50-kinetics.pth"
I3D_FILE, I3D_FLAX = "i3d_pretrained_400.pt", "i3d-kinetics-400.ckpt"
I3D_SCRIPT, CLIP = "i3d_torchscript.pt", "clip"
TORCHVISION = {
    "alex": "alexnet-owt-7be5be79.pth",
    "vgg": "vgg16-397923af.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
}
FLAX = {"alex": "alexnet.ckpt", "vgg": "vgg16.ckpt"}  # backbone and heads in one file
FLAX_NAMES = {"alex": "AlexNet_0", "vgg": "VGG16_0"}


class NetworkMetrics(NamedTuple):
    """What can be measured.

    Attributes:
        clips, sets: the metrics whose files are there.
        missing: one line for each metric whose files are not.
    """

    clips: list[ClipMetric]
    sets: list[SetMetric]
    missing: list[str]


def open_networks(
    folder: Path | None = None, names: Collection[str] | None = None
) -> NetworkMetrics:
    """The metrics of the networks in a folder.

    Args:
        folder: of published files; None: ``metrics`` below the weights in the cache.
        names: of the metrics that are looked for; None: all of ``NETWORK_METRICS``.

    Raises:
        InputError: the folder does not exist, or a file is not what its name says.
    """
    if folder is not None and not folder.is_dir():
        raise InputError(f"`metric_weights` {folder}: there is no such folder")
    place = folder or weights_folder(FOLDER)
    opened = NetworkMetrics([], [], [])
    for own_names, add in OPENERS.items():
        if names is None or set(names) & set(own_names):
            add(place, opened)
    return opened


def _add_lpips(place: Path, opened: NetworkMetrics, *, name: str) -> None:
    backbone, flax = BACKBONES[name](), place / FLAX.get(name, "-")
    files = [place / TORCHVISION[name], place / f"{name}.pth"]
    if flax.is_file():
        files = [flax]
        heads = _load_flax_backbone(backbone, flax, FLAX_NAMES[name])
    elif all(file.is_file() for file in files):
        load_exactly(backbone, read_state_dict(files[0]), str(files[0]), unused=HEAD)
        heads = head_weights(read_state_dict(files[1]), len(backbone.taps), str(files[1]))
    else:
        alternative = f" or {flax.name}" if name in FLAX else ""
        wanted = " and ".join(file.name for file in files)
        opened.missing.append(f"LPIPS-{name}: needs {wanted}{alternative} in {place}")
        return
    network = Lpips(backbone, heads)

    def measure(clip: JudgedClip) -> float:
        return float(network.distances(clip.frames, clip.truth).mean())

    title = f"LPIPS-{name}"
    opened.clips.append(ClipMetric(title.lower(), title, 3, "lower", measure, _sums(files)))


def _load_flax_backbone(backbone: TappedFeatures, path: Path, name: str) -> list[Tensor]:
    """Fill the backbone and return the heads, both of one file."""
    arrays = read_flax(path)
    layers = [
        number for number, layer in enumerate(backbone.features) if isinstance(layer, nn.Conv2d)
    ]
    state = {}
    for index, number in enumerate(layers):
        for leaf, axes in (("kernel", (3, 2, 0, 1)), ("bias", (0,))):
            array = arrays.pop(f"{name}/Conv_{index}/{leaf}", None)
            if array is not None:
                key = f"features.{number}.{'weight' if leaf == 'kernel' else 'bias'}"
                state[key] = torch.from_numpy(np.array(array)).permute(axes)
    load_exactly(backbone, state, str(path))
    heads = {
        f"lin{index}.model.1.weight": torch.from_numpy(np.array(array))
        for index in range(len(backbone.taps))
        if (array := arrays.pop(f"NetLinLayer_{index}/Conv_0/kernel", None)) is not None
    }
    if arrays:
        raise InputError(f"{path}: is not this network's file: it has unknown {sorted(arrays)[0]}")
    return head_weights(heads, len(backbone.taps), str(path))


def _add_fid(place: Path, opened: NetworkMetrics) -> None:
    path = place / INCEPTION
    if not path.is_file():
        opened.missing.append(f"FID: needs {INCEPTION} in {place}")
        return
    module = _read_script(path)

    @torch.no_grad()
    def describe(frames: np.ndarray) -> np.ndarray:
        chosen = frames[spread_frames(len(frames), min(FRAMES_OF_FID, len(frames)))]
        pictures = torch.from_numpy(np.ascontiguousarray(chosen)).permute(0, 3, 1, 2)
        return module(pictures.to(default_device()), return_features=True).float().cpu().numpy()

    note = f"FID: Inception, {FRAMES_OF_FID} whole frames a clip, resized by {INCEPTION} itself"
    opened.sets.append(SetMetric("fid", "FID", 2, describe, _sums([path]), note))


def _add_i3d(place: Path, opened: NetworkMetrics) -> None:
    names = (I3D_FLAX, I3D_FILE, I3D_SCRIPT)
    path = next((place / name for name in names if (place / name).is_file()), None)
    if path is None:
        opened.missing.append(f"FVD-I3D: needs {' or '.join(names)} in {place}")
        return
    note = (
        "FVD-I3D: the 400 logits of I3D on Kinetics-400, whole clips, resized to 224×224 "
        "(bicubic, anti-aliased)"
    )
    sums, describe = _sums([path]), _i3d_features(path)
    opened.sets.append(SetMetric("fvd-i3d", "FVD-I3D", 2, describe, sums, note, LEAST_FRAMES))


def _i3d_features(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    if path.name == I3D_SCRIPT:
        module = _read_script(path)
        return _clip_features(
            lambda clip: module(clip, rescale=False, resize=False, return_features=True), i3d_input
        )
    network = I3D()
    is_flax = path.name == I3D_FLAX
    state = state_from_flax(read_flax(path), str(path)) if is_flax else read_state_dict(path)
    load_exactly(network, state, str(path))
    return _clip_features(network.to(default_device()), i3d_input)


def _add_resnet3d(place: Path, opened: NetworkMetrics) -> None:
    path = place / RESNET
    if not path.is_file():
        opened.missing.append(f"FVD-3DRes: needs {RESNET} in {place}")
        return
    network = ResNet3D()
    load_exactly(network, read_state_dict(path), str(path))
    note = (
        f"FVD-3DRes: the 2,048 pooled features of a 3D ResNet-50 on Kinetics, means over segments "
        f"of {SEGMENT} frames, resized to 112×112 (bicubic, anti-aliased)"
    )
    describe = _clip_features(network.to(default_device()), resnet3d_input)
    sums = _sums([path])
    opened.sets.append(SetMetric("fvd-3dres", "FVD-3DRes", 2, describe, sums, note))


def _add_clip(place: Path, opened: NetworkMetrics) -> None:
    folder = place / CLIP
    if not folder.is_dir():
        opened.missing.append(
            f"CLIP_cond, CLIP_temp: need config.json and model.safetensors of CLIP in {folder}"
        )
        return
    network, weights = open_clip(folder), {CLIP: sha256_of(folder)}
    opened.clips.append(
        ClipMetric(
            "clip-cond", "CLIP_cond", 3, "higher",
            lambda c: clip_cond(network.embeddings(c.frames), network.embeddings(c.scene)), weights,
        )
    )  # fmt: skip
    opened.clips.append(
        ClipMetric(
            "clip-temp", "CLIP_temp", 3, "higher",
            lambda c: clip_temp(network.embeddings(c.frames)), weights,
        )
    )  # fmt: skip


def _clip_features(
    network: Callable[[Tensor], Tensor], prepare: Callable[[np.ndarray], Tensor]
) -> Callable[[np.ndarray], np.ndarray]:
    """A clip → its one sample, [1, C], the mean over its segments."""

    @torch.no_grad()
    def describe(frames: np.ndarray) -> np.ndarray:
        segments = network(prepare(frames).to(default_device())).float()
        return segments.mean(0, keepdim=True).cpu().numpy()

    return describe


def _read_script(path: Path) -> torch.jit.ScriptModule:
    try:
        return torch.jit.load(str(path), map_location=default_device()).eval()
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{path}: is no TorchScript file: {one_line(error)[-120:]}") from error


def _sums(files: list[Path]) -> Mapping[str, str]:
    return {file.name: sha256_of(file) for file in files}


OPENERS: Mapping[tuple[str, ...], Callable[[Path, NetworkMetrics], None]] = {
    **{(f"lpips-{name}",): partial(_add_lpips, name=name) for name in BACKBONES},
    ("fid",): _add_fid,
    ("fvd-i3d",): _add_i3d,
    ("fvd-3dres",): _add_resnet3d,
    ("clip-cond", "clip-temp"): _add_clip,
}
NETWORK_METRICS = tuple(name for names in OPENERS for name in names)
