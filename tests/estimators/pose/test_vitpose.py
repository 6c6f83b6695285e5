"""A tiny random VitPose: whose heat lies where, becomes which joint where."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation
from walking_pose import SIZE, walking_pose

from dynascene.body_pose import INDEX, BodyPose
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.pose import estimation, job
from dynascene.estimators.pose.vitpose import VitPose, grown
from dynascene.io.images import write_png
from dynascene.io.poses.layouts import COCO
from dynascene.types import ArrayFrames, Size

HEIGHT, WIDTH = 64, 48  # of the network's picture; its heat maps are a quarter of it


def tiny(keypoints: int = 17, experts: int = 1) -> VitPoseForPoseEstimation:
    backbone = VitPoseBackboneConfig(
        image_size=[HEIGHT, WIDTH], patch_size=[16, 16], hidden_size=12, num_hidden_layers=1,
        num_attention_heads=3, out_indices=[1], num_experts=experts,
        part_features=0 if experts == 1 else 4,
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
    for content in ("{}", "[]", '{"model_type": "vit"}'):
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(InputError, match="holds no VitPose network"):
            VitPose(tmp_path)
    tiny(keypoints=20).save_pretrained(tmp_path / "more")
    with pytest.raises(InputError, match="gives 20 keypoints, expected COCO's 17"):
        VitPose(tmp_path / "more")
    tiny(experts=2).save_pretrained(tmp_path / "plus")
    with pytest.raises(InputError, match=r"is a network of VitPose\+"):
        VitPose(tmp_path / "plus")


def test_weights_that_are_incomplete_are_refused(tmp_path, folder, capfd) -> None:
    """Joints would be random otherwise. Nothing is printed beside the one line."""
    shutil.copytree(folder, tmp_path / "part")
    weights = load_file(folder / "model.safetensors")
    body = {name: tensor for name, tensor in weights.items() if not name.startswith("head.")}
    save_file(body, tmp_path / "part/model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match=r"its weights lack head\."):
        VitPose(tmp_path / "part")
    assert capfd.readouterr() == ("", "")


def test_a_file_of_weights_that_was_cut_is_one_line(tmp_path, folder) -> None:
    shutil.copytree(folder, tmp_path / "cut")
    content = (folder / "model.safetensors").read_bytes()
    (tmp_path / "cut/model.safetensors").write_bytes(content[: len(content) // 3])
    with pytest.raises(InputError, match="holds no VitPose network") as wrong:
        VitPose(tmp_path / "cut")
    assert "\n" not in str(wrong.value)


def test_the_picture_of_another_body_is_read_by_the_same_network(tmp_path, monkeypatch) -> None:
    read = []

    def joints(path, source, display, choice=None, vitpose=None) -> BodyPose:
        read.append((path, vitpose))
        return walking_pose(len(source))

    monkeypatch.setattr(job, "estimate_joints", joints)
    write_png(tmp_path / "other.png", np.zeros((SIZE.height, SIZE.width, 3), np.uint8))
    source = ArrayFrames([np.zeros((SIZE.height, SIZE.width, 3), np.uint8)] * 3)
    options = job.PoseOptions(like=tmp_path / "other.png", vitpose=tmp_path)
    job.run(Path("clip"), source, tmp_path / "out", options, Quiet())
    assert read == [(tmp_path / "other.png", tmp_path), (Path("clip"), tmp_path)]
