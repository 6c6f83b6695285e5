"""I3D and the 3D ResNet: the published layouts, and what they are shown."""

import numpy as np
import pytest
import torch
import torch.nn.functional as nnf

from dynascene.errors import InputError
from dynascene.evaluation.metrics.clip_pictures import resized_frames
from dynascene.evaluation.metrics.i3d import (
    BLOCKS,
    BRANCHES,
    I3D,
    Unit3D,
    i3d_input,
    state_from_flax,
)
from dynascene.evaluation.metrics.resnet3d import MEAN, ResNet3D, resnet3d_input
from dynascene.evaluation.metrics.state_dicts import COUNTERS, load_exactly

RNG = np.random.default_rng(4)
CLIP = RNG.integers(0, 256, (9, 48, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def i3d() -> I3D:
    torch.manual_seed(0)
    return I3D().eval()


def test_i3d_has_the_published_keys_and_size(i3d: I3D) -> None:
    shapes = {key: tuple(value.shape) for key, value in i3d.state_dict().items()}
    assert shapes["Conv3d_1a_7x7.conv3d.weight"] == (64, 3, 7, 7, 7)
    assert shapes["Mixed_4f.b2b.conv3d.weight"] == (128, 32, 3, 3, 3)
    assert shapes["Mixed_5c.b3b.bn.running_var"] == (128,)
    assert shapes["logits.conv3d.bias"] == (400,)
    assert sum(p.numel() for p in i3d.parameters()) == 12_697_264


def test_i3d_gives_400_numbers_of_nine_frames_or_more(i3d: I3D) -> None:
    with torch.no_grad():
        assert i3d(i3d_input(CLIP)).shape == (1, 400)
    with pytest.raises(InputError, match="need 9 frames, these have 8"):
        i3d_input(CLIP[:8])


@pytest.mark.parametrize(("kernel", "stride", "size"), [(3, 1, 7), (7, 2, 9), (7, 2, 10)])
def test_convolutions_pad_as_tensorflow_does(kernel: int, stride: int, size: int) -> None:
    """⌈size / stride⌉ results; of an odd number of zeros the larger part behind."""
    unit = Unit3D(1, 1, kernel, stride, plain=True)
    x = torch.from_numpy(RNG.normal(size=(1, 1, size, size, size))).float()
    count = -(-size // stride)
    total = max(0, (count - 1) * stride + kernel - size)
    before = total // 2
    padded = torch.zeros(1, 1, *3 * (size + total,))
    inner = slice(before, before + size)
    padded[:, :, inner, inner, inner] = x
    expected = nnf.conv3d(padded, unit.conv3d.weight, unit.conv3d.bias, stride=stride)
    assert expected.shape[-1] == count
    with torch.no_grad():
        torch.testing.assert_close(unit(x), expected)


def flax_arrays(i3d: I3D) -> dict[str, np.ndarray]:
    """The network's weights as a flax checkpoint names and lays them."""
    leaves = {
        "conv3d.weight": "params/{}/Conv_0/kernel",
        "conv3d.bias": "params/{}/Conv_0/bias",
        "bn.bias": "params/{}/BatchNorm_0/bias",
        "bn.running_mean": "batch_stats/{}/BatchNorm_0/mean",
        "bn.running_var": "batch_stats/{}/BatchNorm_0/var",
    }
    arrays = {}
    for key, value in i3d.state_dict().items():
        path, leaf = key.rsplit(".", 2)[0], ".".join(key.rsplit(".", 2)[1:])
        if leaf not in leaves:
            continue
        block, _, branch = path.partition(".")
        place = f"{block}/{BRANCHES[branch]}" if block in BLOCKS else block
        place = "Logits/Conv3d_0c_1x1" if place == "logits" else place
        axes = (2, 3, 4, 1, 0)
        is_statistic = leaf.startswith("bn.running")
        array = value.permute(axes) if value.ndim == 5 else value
        array = array.view(1, 1, 1, 1, -1) if is_statistic else array
        arrays[leaves[leaf].format(place)] = array.numpy()
    return arrays


def test_flax_weights_find_their_places(i3d: I3D) -> None:
    arrays = flax_arrays(i3d)
    assert len(arrays) == 230
    other = I3D()
    load_exactly(other, state_from_flax(arrays, "file"), "file")
    for key, value in i3d.state_dict().items():
        if not key.endswith(COUNTERS):
            torch.testing.assert_close(other.state_dict()[key], value, rtol=0, atol=0)
    arrays["params/Mixed_6a/Conv_0/scale"] = np.ones(3)
    with pytest.raises(InputError, match="file: params/Mixed_6a/Conv_0/scale has no place"):
        state_from_flax(arrays, "file")


@pytest.mark.parametrize("name", ["AlexNet_0/Conv_0/kernel", "params/Conv_0/kernel", "bias"])
def test_flax_weights_of_another_network_are_named(name: str) -> None:
    with pytest.raises(InputError, match=f"file: {name} has no place in I3D"):
        state_from_flax({name: np.ones((3, 3, 4, 5))}, "file")


def test_the_resnet_has_the_published_keys_and_features() -> None:
    network = ResNet3D().eval()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert shapes["conv1.weight"] == (64, 3, 7, 7, 7)
    assert shapes["layer1.0.downsample.0.weight"] == (256, 64, 1, 1, 1)
    assert shapes["layer4.2.conv3.weight"] == (2048, 512, 1, 1, 1)
    assert shapes["fc.weight"] == (400, 2048)
    assert "layer2.1.downsample.0.weight" not in shapes
    with torch.no_grad():
        assert network(resnet3d_input(CLIP)).shape == (1, 2048)


def test_what_the_networks_are_shown() -> None:
    white = np.full((9, 30, 50, 3), 255, np.uint8)
    torch.testing.assert_close(i3d_input(white), torch.ones(1, 3, 9, 224, 224))
    shown = resnet3d_input(white)
    assert shown.shape == (1, 3, 16, 112, 112)
    torch.testing.assert_close(shown[0, :, 4, 5, 6], 255 - torch.tensor(MEAN))
    same = np.ascontiguousarray(RNG.integers(0, 256, (2, 20, 20, 3), np.uint8))
    assert torch.equal(resized_frames(same, 20), torch.from_numpy(same).permute(0, 3, 1, 2).float())


@pytest.mark.parametrize(("frames", "segments"), [(2, 1), (16, 1), (24, 2)])
def test_the_resnet_is_shown_segments_filled_with_the_last_frame(frames: int, segments: int):
    clip = np.arange(frames, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 6, 3), np.uint8)
    shown = resnet3d_input(clip)
    assert shown.shape == (segments, 3, 16, 112, 112)
    order = (shown[:, 0, :, 0, 0] + MEAN[0]).flatten().round().int().tolist()
    assert order == [min(k, frames - 1) for k in range(16 * segments)]


def test_resizing_is_that_of_pillow() -> None:
    from PIL import Image

    picture = RNG.integers(0, 256, (61, 97, 3), np.uint8)
    expected = np.array(Image.fromarray(picture).resize((40, 40), Image.Resampling.BICUBIC))
    ours = resized_frames(picture[None], 40)[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - expected).max() < 1.5
