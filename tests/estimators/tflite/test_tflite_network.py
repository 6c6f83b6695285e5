from pathlib import Path

import numpy as np
import pytest
import torch
from tflite_files import Fields, write_network

from dynascene.errors import InputError
from dynascene.estimators.tflite.graph import read_graph
from dynascene.estimators.tflite.network import TfliteNetwork

CONV, DEPTHWISE, DEPTH_TO_SPACE, DEQUANTIZE, MAX_POOL = 3, 4, 5, 6, 17
LOGISTIC, RESHAPE, RESIZE, PAD, DENSIFY = 14, 22, 23, 34, 124
SAME_STRIDE_2: Fields = {0: ("b", 0), 1: 2, 2: 2}
RELU = ("b", 1)


def run(path: Path, stored: np.ndarray) -> np.ndarray:
    """The output, as stored in the file, for an input as stored in the file [N, H, W, C]."""
    (out,) = TfliteNetwork(path)(torch.tensor(stored).permute(0, 3, 1, 2))
    return (out.permute(0, 2, 3, 1) if out.ndim == 4 else out).numpy()


def convolved(x: np.ndarray, weight: np.ndarray, stride: int, before: int) -> np.ndarray:
    """Convolution by its sum: x [H, W, C], weight [O, k, k, C], padded by ``before`` and enough."""
    size = -(-x.shape[0] // stride)
    kernel = weight.shape[1]
    padded = np.pad(x, ((before, kernel), (before, kernel), (0, 0)))
    out = np.empty((size, size, len(weight)))
    for row in range(size):
        for column in range(size):
            top, left = row * stride, column * stride
            out[row, column] = np.einsum(
                "okjc,kjc->o", weight, padded[top : top + kernel, left : left + kernel]
            )
    return out


def test_convolution_pads_an_odd_pixel_at_the_end_and_reads_halves(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(1, 6, 6, 2)).astype(np.float32)
    weight = generator.normal(size=(3, 3, 3, 2)).astype(np.float16)
    bias = np.array([0.5, -1, 0], np.float32)
    steps = [
        (DEQUANTIZE, [1], [3], {}),
        (CONV, [0, 3, 2], [4], {**SAME_STRIDE_2, 3: RELU}),
    ]
    path = write_network(tmp_path / "net.tflite", {1: weight, 2: bias}, steps, 5)
    expected = np.maximum(convolved(x[0], weight.astype(float), 2, before=0) + bias, 0)
    assert np.allclose(run(path, x)[0], expected, atol=1e-5)


def test_depthwise_convolution_keeps_channels_apart(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    x = generator.normal(size=(2, 5, 5, 3)).astype(np.float32)
    weight = generator.normal(size=(1, 3, 3, 3)).astype(np.float32)
    options: Fields = {0: ("b", 0), 1: 1, 2: 1, 3: 1}
    steps = [(DEPTHWISE, [0, 1], [2], options)]
    path = write_network(tmp_path / "net.tflite", {1: weight}, steps, 3)
    out = run(path, x)
    for channel in range(3):
        alone = weight[..., channel : channel + 1]
        expected = convolved(x[1, ..., channel : channel + 1], alone, 1, before=1)
        assert np.allclose(out[1, ..., channel], expected[..., 0], atol=1e-5)


def test_sparse_constants_are_unpacked(tmp_path: Path) -> None:
    """A 4×4 matrix whose columns are stored in blocks of 2, two of the blocks not zero."""
    dense = np.zeros((4, 1, 1, 4), np.float16)
    dense[1, 0, 0, 2:] = 1, 2
    dense[3, 0, 0, :2] = 3, 4
    rows = {1: 4}
    one = {1: 1}
    blocks = {
        0: ("b", 1),
        2: ("b", 1),
        3: {0: np.array([0, 0, 1, 1, 2], np.int32)},
        4: ("b", 1),
        5: {0: np.array([1, 0], np.int32)},
    }
    sparsity: Fields = {
        0: np.array([0, 1, 2, 3, 4], np.int32),
        1: np.array([3], np.int32),
        2: [rows, one, one, blocks, {1: 2}],
    }
    stored = np.array([1, 2, 3, 4], np.float16)
    steps = [
        (DENSIFY, [1], [2], {}),
        (DEQUANTIZE, [2], [3], {}),
        (CONV, [0, 3], [4], {0: ("b", 1), 1: 1, 2: 1}),
    ]
    path = write_network(
        tmp_path / "net.tflite", {1: stored}, steps, 5, {1: (dense.shape, sparsity)}
    )
    assert np.array_equal(read_graph(path).constants[3], dense.astype(np.float32))
    x = np.array([1, 10, 100, 1000], np.float32).reshape(1, 1, 1, 4)
    assert run(path, x).ravel().tolist() == [0, 2100, 0, 43]


def test_blocks_of_channels_become_pixels(tmp_path: Path) -> None:
    x = np.arange(8, dtype=np.float32).reshape(1, 1, 1, 8)
    path = write_network(tmp_path / "net.tflite", {}, [(DEPTH_TO_SPACE, [0], [1], {0: 2})], 2)
    assert run(path, x)[0].tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


def test_padding_pooling_reshaping(tmp_path: Path) -> None:
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1) - 5
    pads = np.array([[0, 0], [1, 0], [0, 0], [0, 1]], np.int32)
    path = write_network(tmp_path / "pad.tflite", {1: pads}, [(PAD, [0, 1], [2], {})], 3)
    padded = run(path, x)[0]
    assert padded.shape == (3, 2, 2)
    assert padded[..., 0].tolist() == [[0, 0], [-5, -4], [-3, -2]]
    pool: Fields = {0: ("b", 0), 1: 2, 2: 2, 3: 3, 4: 3}
    path = write_network(tmp_path / "pool.tflite", {}, [(MAX_POOL, [0], [1], pool)], 2)
    assert run(path, x).ravel().tolist() == [-2], "what lies outside is no maximum"
    shape = np.array([1, 4], np.int32)
    both = np.concatenate([x, x + 10])
    path = write_network(tmp_path / "shape.tflite", {1: shape}, [(RESHAPE, [0, 1], [2], {})], 3)
    assert run(path, both).tolist() == [[-5, -4, -3, -2], [5, 6, 7, 8]]


def test_resizing_is_from_the_middle_of_pixels(tmp_path: Path) -> None:
    x = np.array([0, 4], np.float32).reshape(1, 1, 2, 1)
    size = np.array([1, 4], np.int32)
    half: Fields = {3: ("b", 1)}
    path = write_network(tmp_path / "net.tflite", {1: size}, [(RESIZE, [0, 1], [2], half)], 3)
    assert run(path, x).ravel().tolist() == [0, 1, 3, 4]


def test_what_is_no_such_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="is no TFLite network"):
        read_graph(path)
    write_network(path, {}, [(99, [0], [1], {})], 2)
    with pytest.raises(InputError, match="operation 99"):
        TfliteNetwork(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="damaged"):
        read_graph(path)


def test_outputs_that_are_not_asked_for_are_not_computed(tmp_path: Path) -> None:
    """Branches from a common layer: each alone gives what two together give."""
    weight = np.random.default_rng(4).normal(size=(3, 1, 1, 2)).astype(np.float32)
    options: Fields = {0: ("b", 0), 1: 1, 2: 1}
    steps = [
        (CONV, [0, 1], [2], options),
        (LOGISTIC, [2], [3], {}),
        (MAX_POOL, [2], [4], {0: ("b", 0), 1: 2, 2: 2, 3: 2, 4: 2}),
    ]
    constants = {1: weight, 5: np.array([1, 7], np.int32)}
    steps.append((RESHAPE, [2, 5], [6], {}))  # which fails
    path = write_network(tmp_path / "net.tflite", constants, steps, 7, outputs=(3, 4, 6))
    network, x = TfliteNetwork(path), torch.rand(3, 2, 4, 4)
    both = network(x, (0, 1))
    for place in (0, 1):
        (alone,) = network(x, [place])
        assert torch.equal(alone, both[place])
    assert [tuple(output.shape) for output in both] == [(3, 3, 4, 4), (3, 3, 2, 2)]
    with pytest.raises(RuntimeError, match="shape"):
        network(x, (2,))
