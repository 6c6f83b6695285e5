"""A tiny random VitPose: whose heat lies where, becomes which joint where."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

from dynascene.body_pose import INDEX
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.pose import estimation
from dynascene.estimators.pose.vitpose import VitPose, grown
from dynascene.io.poses.layouts import COCO
from dynascene.types import ArrayFrames, Size

HEIGHT, WIDTH = 64, 48  # of the network's picture; its heat maps are a quarter of it


def tiny(keypoints: int = 17) -> VitPoseForPoseEstimation:
    backbone = VitPoseBackboneConfig(
        image_size=[HEIGHT, WIDTH], patch_size=[16, 16], hidden_size=12, num_hidden_layers=1,
        num_attention_heads=3, out_indices=[1],
    )  # fmt: skip
    torch.manual_seed(0)
    config = VitPoseConfig(backbone_config=backbone, num_labels=keypoints, scale_factor=4)
    return VitPoseForPoseEstimation(config)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("vitpose") / "weights"
    tiny().save_pretrained(path)
    return path


def hot(cells: dict[str, tuple[int, int]]) -> torch.Tensor:
    """Heat maps [1, 17, 16, 12] with a hill of height 1 at the cell (x, y) of some keypoints."""
    x, y = np.meshgrid(np.arange(WIDTH // 4), np.arange(HEIGHT // 4))
    maps = np.zeros((1, len(COCO), HEIGHT // 4, WIDTH // 4), np.float32)
    for name, (column, row) in cells.items():
        far = (x - column) ** 2 + (y - row) ** 2
        maps[0, COCO.index(name)] = np.exp(-far / 2)
    return torch.from_numpy(maps)


def test_heat_becomes_the_joint_of_its_keypoint_at_its_place(folder, monkeypatch) -> None:
    network = VitPose(folder)
    cells = {"left_wrist": (3, 6), "right_wrist": (8, 6), "left_shoulder": (5, 4),
             "right_shoulder": (7, 4)}  # fmt: skip
    heat = SimpleNamespace(heatmaps=hot(cells))
    monkeypatch.setattr(network, "_network", lambda pixel_values: heat)
    # a box of the network's own shape; with the margin of ten and the network's own of 25 percent
    box = np.array([30.0, 20.0, 60.0, 80.0])
    frames = np.zeros((3, 100, 90, 3), np.uint8)
    pose = network(frames, np.stack([box] * 3), Size(180, 200))
    left, top, right, bottom = grown(box)
    height = max(bottom - top, (right - left) * HEIGHT / WIDTH) * 1.25
    width = height * WIDTH / HEIGHT
    corner = np.array([(left + right - width) / 2, (top + bottom - height) / 2])
    steps = np.array([width / (WIDTH // 4 - 1), height / (HEIGHT // 4 - 1)])
    for name, cell in cells.items():
        expected = (corner + steps * cell + 0.5) * 2  # the frames are twice as large
        np.testing.assert_allclose(pose.points[:, INDEX[name]], [expected] * 3, atol=1)
        assert pose.visibility[:, INDEX[name]] == pytest.approx(1, abs=0.01)
    middle = pose.points[0, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=0)
    np.testing.assert_allclose(pose.points[0, INDEX["neck"]], middle)
    assert not pose.visibility[:, [INDEX["left_toe"], INDEX["nose"]]].any()


def test_a_real_network_reads_every_frame(folder) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, 40, 30, 3), dtype=np.uint8)
    counted = []
    boxes = np.array([[5.0, 5, 20, 35]] * 3)
    pose = VitPose(folder)(frames, boxes, Size(30, 40), lambda: counted.append(1))
    assert len(pose) == len(counted) == 3
    assert np.isfinite(pose.points).all()


def test_a_box_grows_by_its_longer_side() -> None:
    assert grown(np.array([0.0, 0, 10, 50])).tolist() == [-5, -5, 15, 55]
    assert grown(np.array([4.0, 4, 4, 4])).tolist() == pytest.approx([3.9, 3.9, 5.1, 5.1])


def test_the_network_reads_whom_a_clip_is_about(folder, monkeypatch) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, 40, 30, 3), dtype=np.uint8)
    source, boxes = ArrayFrames(list(frames)), np.array([[5.0, 5, 20, 35]] * 3)
    track = SimpleNamespace(boxes=boxes, seen=np.array([True, False, True]))
    monkeypatch.setattr(estimation, "PosePeople", lambda: None)
    monkeypatch.setattr(estimation, "_subject", lambda *rest: (frames, track))
    pose = estimation.estimate_joints(Path("clip"), source, Quiet(), vitpose=folder)
    own = VitPose(folder)(frames, boxes, Size(30, 40))
    np.testing.assert_array_equal(pose.points, own.points)
    assert pose.visibility[::2].any()
    assert not pose.visibility[1].any()  # nobody is seen there


def test_the_folder_is_read_before_people_are_looked_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(estimation, "PosePeople", None)  # a call would fail
    source = ArrayFrames([np.zeros((40, 30, 3), np.uint8)])
    with pytest.raises(InputError, match="name a folder of a VitPose network"):
        estimation.estimate_joints(Path("clip"), source, Quiet(), vitpose=tmp_path)


def test_other_folders_are_one_line(tmp_path, folder) -> None:
    with pytest.raises(InputError, match="name a folder of a VitPose network, such as"):
        VitPose(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no VitPose network"):
        VitPose(tmp_path)
    tiny(keypoints=20).save_pretrained(tmp_path / "more")
    with pytest.raises(InputError, match="gives 20 keypoints, expected COCO's 17"):
        VitPose(tmp_path / "more")
