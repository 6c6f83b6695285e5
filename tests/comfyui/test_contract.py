"""What ComfyUI expects of every node, and of the workflows."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

WORKFLOWS = sorted((Path(__file__).parents[2] / "comfyui" / "workflows").glob("*.json"))

# ComfyUI's own nodes in the workflows: types of inputs and outputs
CORE: dict[str, tuple[dict[str, str], list[str]]] = {
    "LoadImage": ({"image": "COMBO"}, ["IMAGE", "MASK"]),
    "LoadVideo": ({"file": "COMBO"}, ["VIDEO"]),
    "GetVideoComponents": ({"video": "VIDEO"}, ["IMAGE", "AUDIO", "FLOAT"]),
    "CreateVideo": ({"images": "IMAGE", "fps": "FLOAT", "audio": "AUDIO"}, ["VIDEO"]),
    "SaveVideo": (
        {"video": "VIDEO", "filename_prefix": "STRING", "format": "COMBO", "codec": "COMBO"},
        [],
    ),
    "UNETLoader": ({"unet_name": "COMBO", "weight_dtype": "COMBO"}, ["MODEL"]),
    "CLIPLoader": ({"clip_name": "COMBO", "type": "COMBO", "device": "COMBO"}, ["CLIP"]),
    "VAELoader": ({"vae_name": "COMBO"}, ["VAE"]),
    "CLIPTextEncode": ({"text": "STRING", "clip": "CLIP"}, ["CONDITIONING"]),
    "WanVaceToVideo": (
        {
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "vae": "VAE",
            "width": "INT",
            "height": "INT",
            "length": "INT",
            "batch_size": "INT",
            "strength": "FLOAT",
            "control_video": "IMAGE",
            "control_masks": "MASK",
            "reference_image": "IMAGE",
        },
        ["CONDITIONING", "CONDITIONING", "LATENT", "INT"],
    ),
    "KSampler": (
        {
            "model": "MODEL",
            "seed": "INT",
            "steps": "INT",
            "cfg": "FLOAT",
            "sampler_name": "COMBO",
            "scheduler": "COMBO",
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "latent_image": "LATENT",
            "denoise": "FLOAT",
        },
        ["LATENT"],
    ),
    "TrimVideoLatent": ({"samples": "LATENT", "trim_amount": "INT"}, ["LATENT"]),
    "VAEDecode": ({"samples": "LATENT", "vae": "VAE"}, ["IMAGE"]),
}
PLAIN = {"INT": int, "FLOAT": (int, float), "STRING": str, "BOOLEAN": bool, "COMBO": str}


def contract_errors(node: Any) -> list[str]:
    """What speaks against a node."""
    schema = node.define_schema()
    parameters = inspect.signature(node.execute).parameters.values()
    ids = [entry.id for entry in schema.inputs]
    errors = []
    if ids != [parameter.name for parameter in parameters]:
        errors.append(f"execute takes {[p.name for p in parameters]}, the schema has {ids}")
    optional = {p.name for p in parameters if p.default is not inspect.Parameter.empty}
    if optional != {entry.id for entry in schema.inputs if entry.optional}:
        errors.append(f"optional parameters {optional} are not the schema's")
    for entry in schema.inputs:
        default, options = entry.options.get("default"), entry.options
        if entry.type in PLAIN and not isinstance(default, PLAIN[entry.type]):
            errors.append(f"{entry.id}: the default {default!r} is no {entry.type}")
        if entry.type == "COMBO" and default not in options["options"]:
            errors.append(f"{entry.id}: {default} is no option")
        if "min" in options and not options["min"] <= default:
            errors.append(f"{entry.id}: {default} is too small")
        if "max" in options and not default <= options["max"]:
            errors.append(f"{entry.id}: {default} is too large")
    if not schema.outputs and not schema.is_output_node:
        errors.append("has no outputs and writes nothing")
    return errors


def workflow_errors(workflow: dict[str, Any], nodes: dict[str, Any]) -> list[str]:
    """What of a workflow, as ComfyUI's programs send it, cannot be run."""
    tables = dict(CORE)
    options: dict[tuple[str, str], list[str]] = {}
    required: dict[str, set[str]] = {}
    for name, node in nodes.items():
        schema = node.define_schema()
        tables[name] = {e.id: e.type for e in schema.inputs}, [e.type for e in schema.outputs]
        required[name] = {entry.id for entry in schema.inputs if not entry.optional}
        for entry in schema.inputs:
            if entry.type == "COMBO":
                options[name, entry.id] = entry.options["options"]
    errors = []
    for number, step in workflow.items():
        name = step["class_type"]
        if name not in tables:
            errors.append(f"{number}: there is no node {name}")
            continue
        if missing := required.get(name, set()) - step["inputs"].keys():
            errors.append(f"{number}: {name} lacks {missing}")
        for key, value in step["inputs"].items():
            expected = tables[name][0].get(key)
            if expected is None:
                errors.append(f"{number}: {name} has no input {key}")
            elif isinstance(value, list):
                source, output = value
                given = tables.get(workflow.get(source, {}).get("class_type"), ({}, []))[1]
                if output >= len(given) or given[output] != expected:
                    errors.append(f"{number}: {key} is no {expected}")
            elif not isinstance(value, PLAIN.get(expected, ())):
                errors.append(f"{number}: {key} {value!r} is no {expected}")
            elif value not in options.get((name, key), [value]):
                errors.append(f"{number}: {key} {value} is no option")
    return errors


def test_every_node_agrees_with_its_schema(comfy: SimpleNamespace) -> None:
    assert {name: e for name, node in comfy.nodes.items() if (e := contract_errors(node))} == {}
    assert all(name.startswith("Dynascene") for name in comfy.nodes)
    assert len(comfy.nodes) == 17


def test_disagreement_is_noticed(comfy: SimpleNamespace) -> None:
    move = comfy.nodes["DynasceneMove"]

    class Wrong:
        define_schema = move.define_schema

        @classmethod
        def execute(cls, move: str, frames: int = 3) -> None: ...

    assert len(contract_errors(Wrong)) == 2


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_name_nodes_and_links_that_exist(path: Path, comfy: SimpleNamespace) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    assert workflow_errors(workflow, comfy.nodes) == []


def test_a_broken_workflow_is_noticed(comfy: SimpleNamespace) -> None:
    workflow = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "DynasceneMatte", "inputs": {"frames": ["1", 1], "backend": "magic"}},
        "3": {"class_type": "DynascenePose", "inputs": {"frames": ["9", 0], "colour": 1}},
        "4": {"class_type": "Nothing", "inputs": {}},
    }
    assert workflow_errors(workflow, comfy.nodes) == [
        "2: DynasceneMatte lacks {'subject'}",
        "2: frames is no IMAGE",
        "2: backend magic is no option",
        "3: frames is no IMAGE",
        "3: DynascenePose has no input colour",
        "4: there is no node Nothing",
    ]


def test_there_are_workflows() -> None:
    assert len(WORKFLOWS) == 3
