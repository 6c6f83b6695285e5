"""SIGTERM, as from a job scheduler or ``docker stop``, is met like Ctrl-C."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from dynascene.interfaces.cli.main import main
from dynascene.io.images import write_png


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    write_png(tmp_path / "scene.png", picture)
    return tmp_path / "scene.png"


def generate(scene: Path, out: Path) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--scene", str(scene), "--move", "pan-left:5", "--frames", "0:3",
              "--generator", "projection", "--out", str(out)])  # fmt: skip
    return int(stop.value.code or 0)


def test_sigterm_cleans_up_and_says_143(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def ended(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", ended)
    assert generate(scene, tmp_path / "out") == 143
    assert [path.name for path in tmp_path.iterdir()] == ["scene.png"]
    assert capsys.readouterr().err.strip().endswith("dynascene: terminated")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_sigterm_does_not_stop_the_cleaning(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", ended)
    assert generate(scene, tmp_path / "out") == 143
    assert [path.name for path in tmp_path.iterdir()] == ["scene.png"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_worker_ends_without_cleaning_up(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def fork_and_end(*_: object) -> None:
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        seen.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        assert list(tmp_path.glob(".out.partial-*"))
        raise KeyboardInterrupt

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", fork_and_end)
    assert generate(scene, tmp_path / "out") == 130
    assert seen == [143]
