"""What ``dynascene doctor`` says of a machine, a healthy one and a broken one."""

import json
import sys
from pathlib import Path

import pytest
import torch

import dynascene
from dynascene import diagnosis
from dynascene.diagnosis import diagnose, text_of
from dynascene.errors import InputError
from dynascene.estimators.weights import WEIGHTS
from dynascene.extras import EXTRAS
from dynascene.interfaces.cli.main import main


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """diffusers and transformers take seconds to load, OpenGL too."""
    packages = diagnosis.PACKAGES | {"diffusers": None, "transformers": None, "pycolmap": None}
    monkeypatch.setattr(diagnosis, "PACKAGES", packages)
    monkeypatch.setattr("dynascene.synthetic.solid.graphics.graphics", no_graphics)


def no_graphics() -> None:
    raise InputError("OpenGL does not start")


def test_it_says_what_a_report_needs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    values = json.loads(capsys.readouterr().out)
    assert values["dynascene"] == dynascene.__version__
    assert values["packages"]["torch"] == torch.__version__
    assert values["system"]["cores"] >= 1
    assert values["system"]["free_memory_gib"] <= values["system"]["memory_gib"]
    assert set(values["extras"]) == set(EXTRAS)
    assert set(values["weights"]) == {"small (bundled)", *WEIGHTS}
    assert values["weights"]["small (bundled)"] == "here"
    assert values["encoders"]["libx264"]
    assert values["opengl"] == "OpenGL does not start"


def test_it_says_so_to_people_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    text = capsys.readouterr().out
    assert f"dynascene {' ' * 10}" in text
    for name in ("torch", "memory", "GPU", "encoder prores_ks", "weights modnet", "extra train"):
        assert any(line.startswith(f"{name} ") for line in text.splitlines()), name


def test_what_is_broken_is_a_line_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("moderngl", "pygltflib", "cv2", "psutil", "av"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(diagnosis.PACKAGES, "no-such-package", None)
    monkeypatch.setitem(diagnosis.ENCODERS, "no_such_codec", "nothing")
    monkeypatch.setenv("DYNASCENE_DEVICE", "tpu")
    found = diagnose()
    assert found.extras["synthetic"] == ["moderngl", "pygltflib"]
    assert found.packages["no-such-package"] is None
    assert "does not load" in str(found.packages["opencv-python-headless"])
    assert not found.encoders["no_such_codec"]
    assert found.system["memory_gib"] is None
    assert "tpu: is none" in found.devices["in_use"]
    text = text_of(found)
    assert 'without moderngl, pygltflib: pip install "dynascene[synthetic]"' in text
    assert "missing: nothing" in text
    assert "unknown, unknown free" in text


def test_a_folder_that_is_gone_has_no_free_space(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    system = diagnosis._system()
    assert system["free_disk_gib"] is None
    assert system["memory_gib"] > 0


def test_gpus_are_listed_with_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNASCENE_DEVICE", raising=False)
    for name, answer in {
        "is_available": True,
        "device_count": 2,
        "mem_get_info": (3 * 2**30, 8 * 2**30),
        "get_device_name": "RTX",
    }.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, answer=answer: answer)
    found = diagnose()
    card = {"name": "RTX", "memory_gib": 8.0, "free_memory_gib": 3.0}
    assert found.devices["cuda"] == [card, card]
    assert found.devices["in_use"] == "cuda"
    assert text_of(found).count("RTX, 8.0 GiB, 3.0 GiB free") == 2


def test_a_gpu_that_does_not_start_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> tuple[int, int]:
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "mem_get_info", broken)
    found = diagnose()
    assert found.devices["cuda"][0]["memory_gib"] is None
    assert "CUDA error: out of memory, unknown, unknown free" in text_of(found)
