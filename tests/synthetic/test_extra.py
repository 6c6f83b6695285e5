"""The package without the extra ``synthetic``."""

import subprocess
import sys

WITHOUT_EXTRA = """
import contextlib, importlib, io, pkgutil, sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("moderngl", "glcontext", "pygltflib"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())

import dynascene.generation.demo, dynascene.generation.generate, dynascene.interfaces.cli.main
import dynascene.recipes, dynascene.synthetic
for module in pkgutil.walk_packages(dynascene.synthetic.__path__, "dynascene.synthetic."):
    importlib.import_module(module.name)
for command in ([], ["demo"], ["generate"], ["train"]):
    with contextlib.redirect_stdout(io.StringIO()) as help:
        try:
            dynascene.interfaces.cli.main.main([*command, "--help"])
        except SystemExit as end:
            assert not end.code, command
    assert "usage" in help.getvalue()

from dynascene.errors import InputError
from dynascene.synthetic.characters.glb_file import read_character
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.synthetic.shots.demo_shot import demo_shot
from dynascene.synthetic.solid.graphics import graphics
SyntheticShots(size=(32, 18), frames=1)
for ask in (
    lambda: SyntheticShots(size=(32, 18), frames=1, worlds={"solid": 1}),
    graphics,
    lambda: read_character(Path("person.glb")),
):
    try:
        ask()
    except InputError as error:
        print(error)
"""


def test_all_loads_without_it_and_what_needs_it_says_so_in_one_line() -> None:
    """The demo, the commands' help and every module of the wing load."""
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stderr
    solid = "the solid world needs moderngl, which is not installed: "
    install = 'pip install "dynascene[synthetic]"'
    assert ran.stdout.splitlines() == [
        solid + install,
        solid + install,
        "an animated character (.glb) needs pygltflib, which is not installed: " + install,
    ]
