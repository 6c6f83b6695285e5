"""Damaged and absurd camera files end in a track or in one clear line, and never in a warning."""

import json
import random
import warnings
from pathlib import Path

import pytest
from mutations import NUMBER, mutated

from dynascene.errors import InputError
from dynascene.io.cameras import FORMATS, CameraDefaults, Sensor, read_cameras, write_cameras

SUFFIX = {"nerfstudio": ".json", "motionctrl": ".json", "blender": ".json", "camera_info": ".json",
          "chan": ".chan", "colmap": "", "colmap-bin": ""}  # fmt: skip
DEFAULTS = CameraDefaults(rotation_order="ZXY", sensor=Sensor(24.6, 18.7))


def check(path: Path, name: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            track = read_cameras(path, name, DEFAULTS)
        except InputError as error:
            text = str(error)
            assert "\n" not in text
            assert len(text.replace(str(path), "")) < 400
        else:
            assert track.cam_from_world.isfinite().all()


def fuzz(folder: Path, make_track, name: str, rounds: int, seed: int) -> None:
    path = folder / f"cameras{SUFFIX.get(name, '.txt')}"
    write_cameras(make_track(4, square=True, centred=True), path, name, DEFAULTS)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    whole = {file: file.read_bytes() for file in files}
    draw = random.Random(f"{name} {seed}")
    for _ in range(rounds):
        file = draw.choice(files)
        file.write_bytes(mutated(whole[file], draw))
        check(path, draw.choice([name, None]))
        file.write_bytes(whole[file])


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_few_mutations(name: str, tmp_path: Path, make_track) -> None:
    fuzz(tmp_path, make_track, name, 25, 0)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("seed", range(1, 6))
def test_many_mutations(name: str, seed: int, tmp_path: Path, make_track) -> None:
    fuzz(tmp_path, make_track, name, 400, seed)


def test_a_document_of_hundreds_of_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.write(b"[")
        file.truncate(200 * 2**20)
    with pytest.raises(InputError, match="has 200 MB, and a file of this kind has at most 32 MB"):
        read_cameras(path)


@pytest.mark.parametrize("value", ["1e308", "1e-308", "-1e308", "9" * 400])
@pytest.mark.parametrize("name", ["nerfstudio", "blender", "camera_info"])
def test_every_number_of_a_document(name: str, value: str, tmp_path: Path, make_track) -> None:
    path = tmp_path / "a.json"
    write_cameras(make_track(1, square=True), path, name, DEFAULTS)
    text = json.dumps(json.loads(path.read_text()))
    for match in NUMBER.finditer(text.encode()):
        path.write_text(text[: match.start()] + value + text[match.end() :])
        check(path, name)
