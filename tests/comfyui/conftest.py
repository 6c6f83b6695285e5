"""The node pack, loaded as ComfyUI loads it: by its path, under a name of its own."""

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fake_comfy_api import fake_modules

PACK = Path(__file__).parents[2] / "comfyui"
NAME = "dynascene_pack_under_test"


def load_pack() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        NAME, PACK / "__init__.py", submodule_search_locations=[str(PACK)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Generator[SimpleNamespace]:
    """nodes: classes by id; folders: ``input`` and ``output``."""
    folders = SimpleNamespace(
        input=tmp_path_factory.mktemp("input"), output=tmp_path_factory.mktemp("output")
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, module in fake_modules(folders.input, folders.output).items():
            patch.setitem(sys.modules, name, module)
        extension = asyncio.run(load_pack().comfy_entrypoint())
        nodes = asyncio.run(extension.get_node_list())
        by_id = {node.define_schema().node_id: node for node in nodes}
        assert len(by_id) == len(nodes)
        yield SimpleNamespace(nodes=by_id, folders=folders)
        for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
            del sys.modules[name]


@pytest.fixture
def run(comfy: SimpleNamespace) -> Callable[..., tuple[Any, ...]]:
    """Execute a node of a name with its inputs; what is not given has its default."""

    def execute(name: str, /, **inputs: Any) -> tuple[Any, ...]:
        node = comfy.nodes[f"Dynascene{name}"]
        schema = node.define_schema()
        defaults = {i.id: i.options["default"] for i in schema.inputs if "default" in i.options}
        result = node.execute(**(defaults | inputs)).result
        assert len(result) == len(schema.outputs)
        return result

    return execute
