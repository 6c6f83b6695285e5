"""The pack in ComfyUI itself, where COMFYUI_DIR names a copy of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMFYUI = os.environ.get("COMFYUI_DIR")
LOAD = """
import asyncio, sys
sys.argv = sys.argv[:1] + ["--cpu"]
import nodes
from pathlib import Path
pack = Path(PACK)
assert asyncio.run(nodes.load_custom_node(str(pack)))
ours = {name: node for name, node in nodes.NODE_CLASS_MAPPINGS.items() if "Dynascene" in name}
for node in ours.values():
    node.GET_SCHEMA()
    node.INPUT_TYPES()
print(len(ours))
"""


@pytest.mark.skipif(COMFYUI is None, reason="COMFYUI_DIR names no copy of ComfyUI")
def test_comfyui_loads_every_node() -> None:
    pack = Path(__file__).parents[2] / "comfyui"
    script = LOAD.replace("PACK", repr(str(pack)))
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=COMFYUI, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == "17"
