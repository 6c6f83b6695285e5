"""The workflows run on small pictures, with stand-ins for the nodes that are not ours."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

WORKFLOWS = Path(__file__).parents[2] / "comfyui" / "workflows"
SMALL = {"frames": 5, "width": 90, "height": 54}
Core = dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]]


def results(name: str, nodes: dict[str, Any], core: Core) -> dict[str, tuple[Any, ...]]:
    """What every node of a workflow gives, by its title; of core nodes, those in ``core``."""
    workflow = json.loads((WORKFLOWS / f"{name}.json").read_text(encoding="utf-8"))
    done: dict[str, tuple[Any, ...]] = {}

    def result(number: str) -> tuple[Any, ...]:
        if number in done:
            return done[number]
        step = workflow[number]
        title = step["class_type"]
        inputs = {
            key: result(value[0])[value[1]] if isinstance(value, list) else value
            for key, value in step["inputs"].items()
        }
        if title == "DynasceneMove":
            inputs |= SMALL
        if title == "DynasceneGenerate":
            inputs["generator"] = "projection"
        done[number] = (
            nodes[title].execute(**inputs).result if title in nodes else core[title](inputs)
        )
        return done[number]

    ours = {n for n, step in workflow.items() if step["class_type"] in nodes}
    for number in ours:
        result(number)
    return {workflow[number]["_meta"]["title"]: done[number] for number in ours}


def picture() -> Tensor:
    random = np.random.default_rng(0)
    coarse = random.random((12, 16, 3), np.float32)
    return torch.from_numpy(cv2.resize(coarse, (160, 120)))[None]


def walker() -> Tensor:
    """Somebody walks before a wall, twelve frames of 120×75."""
    random = np.random.default_rng(1)
    wall, coat = (random.random((10, 16, 3), np.float32) for _ in range(2))
    clip = np.stack([cv2.resize(wall, (120, 75))] * 12)
    for number, frame in enumerate(clip):
        frame[18:66, 10 + 5 * number : 26 + 5 * number] = cv2.resize(coat, (16, 48)) / 2
    return torch.from_numpy(clip)


def test_a_camera_moves_through_a_picture(comfy: SimpleNamespace) -> None:
    core: Core = {"LoadImage": lambda _: (picture(), None)}
    done = results("camera_through_a_picture", comfy.nodes, core)
    assert done["Generate"][0].shape == (5, 54, 90, 3)
    assert Path(done["Save Camera"][0]).is_file()


def test_vace_paints_what_the_picture_lacks(comfy: SimpleNamespace) -> None:
    """VACE gives plain red: it is seen where the picture shows nothing and nobody stands."""
    clip = walker()
    asked: dict[str, Any] = {}

    def vace(inputs: dict[str, Any]) -> tuple[Any, ...]:
        asked.update(inputs)
        return None, None, None, 1

    def decode(_: dict[str, Any]) -> tuple[Tensor]:
        made = torch.tensor([1.0, 0, 0]).expand_as(asked["control_video"])
        return (torch.where(asked["control_masks"][..., None] > 0, made, asked["control_video"]),)

    nothing = (None,)
    loaders = ("UNETLoader", "CLIPLoader", "VAELoader", "CLIPTextEncode", "LoadVideo")
    core: Core = {
        **{name: lambda _: nothing for name in (*loaders, "KSampler", "TrimVideoLatent")},
        "LoadImage": lambda _: (picture(), None),
        "GetVideoComponents": lambda _: (clip, None, 24.0),
        "WanVaceToVideo": vace,
        "VAEDecode": decode,
    }
    done = results("vace", comfy.nodes, core)
    assert (asked["width"], asked["height"], asked["length"]) == (128, 80, 13)
    assert asked["control_video"].shape == (13, 80, 128, 3)
    (matte,), (composite,) = done["Matte"], done["Composite"]
    guide, visibility, _ = done["Projection"]
    assert composite.shape == clip.shape
    torch.testing.assert_close(composite[matte == 1], clip[matte == 1])
    shown = (matte == 0) & (visibility > 0.5)
    torch.testing.assert_close(composite[shown], guide[shown])
    unseen = composite[(matte == 0) & (visibility < 0.5)]
    torch.testing.assert_close(unseen, torch.tensor([1.0, 0, 0]).expand_as(unseen))
