"""People's boxes: overlap, one box each, and the small network's answer decoded."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.estimators.person.detection import one_box_each, overlap
from dynascene.estimators.person.fastestdet import FastestDet, decode
from dynascene.estimators.person.protocol import Detection
from dynascene.io.frames import open_frames

ROOT = Path(__file__).resolve().parents[3]
SHARED = next(
    (p for p in (ROOT / "shared/data", ROOT.parent / "shared/data") if p.is_dir()), Path("absent")
)
NETWORK = SHARED / "weights/fastestdet/FastestDet.onnx"
needs_network = pytest.mark.skipif(not NETWORK.is_file(), reason="FastestDet's weights are absent")


def slow_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """By counting the cells of a grid."""
    y, x = np.mgrid[:40, :40] + 0.5

    def covered(box: np.ndarray) -> np.ndarray:
        return (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])

    return float((covered(a) & covered(b)).sum() / (covered(a) | covered(b)).sum())


def test_overlap_counts_shared_area() -> None:
    random = np.random.default_rng(3)
    boxes = np.sort(random.integers(0, 40, (9, 2, 2)), axis=1).reshape(9, 4)
    boxes[:, 2:] += 1
    for box in boxes:
        expected = [slow_overlap(box, other) for other in boxes]
        np.testing.assert_allclose(overlap(box, boxes), expected, atol=1e-12)


def detection(box: list[float], confidence: float) -> Detection:
    return Detection(np.array(box, float), confidence)


def test_one_box_each_keeps_people_apart_and_drops_parts() -> None:
    whole, other = detection([10, 10, 50, 110], 0.8), detection([60, 20, 100, 120], 0.7)
    shifted = detection([14, 12, 54, 114], 0.6)
    head = detection([20, 12, 40, 34], 0.79)
    around_both = detection([8, 8, 102, 122], 0.5)
    kept = one_box_each([around_both, head, other, shifted, whole])
    assert [d.confidence for d in kept] == [0.8, 0.7]
    assert one_box_each([]) == []


def test_decoding_one_cell() -> None:
    output = np.full((85, 22, 22), -30.0)
    output[0], output[5:] = 0, 0
    row, column = 3, 17
    output[0, row, column], output[5, row, column] = 0.9, 0.8
    output[1:3, row, column] = np.arctanh([0.5, -0.25])
    output[3:5, row, column] = np.log(np.array([0.2, 0.4]) / (1 - np.array([0.2, 0.4])))
    boxes, confidences = decode(output, target_class=0)
    x, y = 17.5 / 22, 2.75 / 22
    np.testing.assert_allclose(boxes, [[x - 0.1, y - 0.2, x + 0.1, y + 0.2]], atol=1e-6)
    assert confidences == pytest.approx([0.9**0.6 * 0.8**0.4])
    output[6, row, column] = 0.85  # another class is likelier
    assert decode(output, target_class=0)[0].shape == (0, 4)


@needs_network
def test_a_real_walker_is_where_they_are() -> None:
    clip = open_frames(SHARED / "people/pexels-walking-dynamic-5738706.mp4")
    found = FastestDet(NETWORK)(next(iter(clip.read())))
    assert found[0].confidence > 0.7
    np.testing.assert_allclose(found[0].box, [434, 265, 490, 472], atol=25)


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(InputError, match="no ONNX network"):
        FastestDet(tmp_path / "x.onnx")


@pytest.fixture
def tiny_rtdetr(tmp_path: Path) -> Path:
    from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig
    from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

    torch.manual_seed(0)
    backbone = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = RTDetrConfig(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[8, 8, 8],
        encoder_ffn_dim=16, d_model=16, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16,
        num_queries=30, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        id2label={0: "person", 1: "bicycle"}, label2id={"person": 0, "bicycle": 1},
    )  # fmt: skip
    RTDetrForObjectDetection(config).save_pretrained(tmp_path)
    RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(tmp_path)
    return tmp_path


def test_rtdetr_answers_in_pixels_of_the_frame(tiny_rtdetr: Path) -> None:
    from dynascene.estimators.person import rtdetr

    detector = rtdetr.RtDetr(tiny_rtdetr)
    frame = np.random.default_rng(0).integers(0, 255, (90, 160, 3)).astype(np.uint8)
    found = detector(frame)
    for box, confidence in found:
        assert 0 <= box[0] <= box[2] <= 160
        assert 0 <= box[1] <= box[3] <= 90
        assert confidence >= rtdetr.LEAST_CONFIDENCE
    assert found, "a random network sees people everywhere"


def test_rtdetr_refuses_other_folders(tiny_rtdetr: Path, tmp_path: Path) -> None:
    from dynascene.estimators.person.rtdetr import RtDetr

    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no config\.json"):
        RtDetr(tmp_path / "empty")
    config = tiny_rtdetr / "config.json"
    config.write_text(config.read_text().replace('"person"', '"cat"'))
    with pytest.raises(InputError, match="no class called person"):
        RtDetr(tiny_rtdetr)
