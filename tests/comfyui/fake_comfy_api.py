"""A stand-in for ComfyUI's modules: records schemas, and knows no more than the nodes may use.

Names and arguments are those of ``comfy_api.v0_0_2``; an argument that it does not have is an error
here as it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

WIDGETS = {
    "INT": {"default", "min", "max", "step"},
    "FLOAT": {"default", "min", "max", "step", "round"},
    "STRING": {"default", "multiline", "placeholder"},
    "BOOLEAN": {"default", "label_on", "label_off"},
    "COMBO": {"default", "options"},
}


@dataclass(frozen=True)
class Input:
    type: str
    id: str
    optional: bool
    options: dict[str, Any]


@dataclass(frozen=True)
class Output:
    type: str
    display_name: str


@dataclass(frozen=True)
class LinkType:
    """What ``io.Image``, ``io.Custom(NAME)`` and the others are."""

    name: str

    def Input(self, id: str, *, optional: bool = False, tooltip: str = "", **options: Any) -> Input:  # noqa: N802
        unknown = options.keys() - WIDGETS.get(self.name, set())
        if unknown:
            raise TypeError(f"{self.name}.Input has no {', '.join(unknown)}")
        return Input(self.name, id, optional, options)

    def Output(self, *, display_name: str, tooltip: str = "") -> Output:  # noqa: N802
        return Output(self.name, display_name)


@dataclass(frozen=True, kw_only=True)
class Schema:
    node_id: str
    display_name: str
    category: str
    description: str
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    is_output_node: bool = False


class NodeOutput:
    def __init__(self, *result: Any) -> None:
        self.result = result


class ComfyNode:
    pass


class ComfyExtension:
    pass


def fake_modules(input_folder: Path, output_folder: Path) -> dict[str, ModuleType]:
    """By name, for ``sys.modules``."""
    io = SimpleNamespace(
        **{name.title(): LinkType(name) for name in (*WIDGETS, "IMAGE", "MASK")},
        Custom=LinkType,
        Input=Input,
        ComfyNode=ComfyNode,
        NodeOutput=NodeOutput,
        Schema=Schema,
    )
    api, numbered = ModuleType("comfy_api"), ModuleType("comfy_api.v0_0_2")
    vars(numbered).update(io=io, ComfyExtension=ComfyExtension)
    folders = ModuleType("folder_paths")
    vars(folders).update(
        get_input_directory=lambda: str(input_folder),
        get_output_directory=lambda: str(output_folder),
    )
    return {"comfy_api": api, "comfy_api.v0_0_2": numbered, "folder_paths": folders}
