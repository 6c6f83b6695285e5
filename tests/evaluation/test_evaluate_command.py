"""``dynascene evaluate`` as a user meets it."""

import json
from pathlib import Path

import cv2
import pytest
from evaluate_command import evaluate

from dynascene.errors import InputError
from dynascene.evaluation import opening


@pytest.fixture
def small_benchmark(benchmark, monkeypatch) -> None:
    monkeypatch.setattr(opening, "open_benchmark", lambda *_: benchmark)


@pytest.mark.usefixtures("small_benchmark")
def test_everything_that_was_promised_lies_there(
    save_weights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, out = save_weights(tmp_path / "tiny"), tmp_path / "out"
    options = {"data": "synthetic", "out": out, "clips": 3, "steps": 1, "obedience": 1}
    evaluate(("projection", str(weights)), **options)
    assert {path.name for path in out.iterdir()} == {
        "metrics.json", "benchmark.json", "clips.parquet", "table.md", "table.tex", "table.html",
        "sheet.png",
    }  # fmt: skip
    figures = json.loads((out / "metrics.json").read_text())
    assert list(figures["systems"]) == [
        "still", "still, framed", "projection", "tiny", "tiny, network alone", "tiny, estimate",
    ]  # fmt: skip
    assert figures["obedience"]["projection"]["share"] == 1
    assert figures["obedience"]["still"]["share"] == 0
    assert len(figures["weights"]["tiny"]["denoiser/diffusion_pytorch_model.safetensors"]) == 64
    assert figures["sampling"] == {"tiny": {"steps": 1, "guidance": 3.5}}
    assert "network alone" in " ".join(figures["obedience"])
    manifest = json.loads((out / "benchmark.json").read_text())
    assert manifest["clips"] == [clip["name"] for clip in figures["clips"]]
    assert (manifest["size"], manifest["frames"], manifest["files"]) == ([64, 40], 3, {})
    page = (out / "table.md").read_text()
    shown = capsys.readouterr().out
    assert "proxy without weights" in figures["features"]["name"]
    for title in ("PSNR, dB", "SSIM", "Fréchet distance", "Flicker", "Opposite pans"):
        assert title in page
        assert title in shown
    sheet = cv2.imread(str(out / "sheet.png"))
    assert sheet is not None
    assert min(sheet.shape[:2]) > 300


@pytest.mark.usefixtures("small_benchmark")
@pytest.mark.parametrize(
    ("systems", "options", "message"),
    [
        ((), {}, "name at least one system"),
        (("no/such-folder/x",), {}, "no folder and no hub id"),
        (("sharp",), {}, "is no system"),
        (("still",), {"steps": 0}, "`steps` 0"),
        (("still",), {"samples": 0}, "`samples` 0"),
        (("still",), {"obedience": 33}, "`obedience` 33"),
        (("still",), {"seed": -1}, "`seed` -1"),
        (("still",), {"features": Path("no.pt")}, "no.pt"),
        (("still",), {"size": "wide"}, "`size` 'wide'"),
        (("still",), {"metrics": ("vmaf",)}, "`metrics` vmaf: there is clip-cond"),
        (("still",), {"metric_weights": Path("no-folder")}, "`metric_weights` no-folder"),
        (("still",), {"gap": 4, "clips": 32}, "`gap`: .* leave out `clips`"),
        (("still",), {"gap": 4, "cameras": 0, "obedience": 0}, "`obedience` and `cameras`"),
        (("still",), {"gap": 4, "long_pans": 2}, "`gap`: .* leave out `long_pans`"),
        (("still",), {"long_pans": 2, "frames": 24}, "`long_pans`: .* leave out `frames`"),
        (("still",), {"gap": 4, "features": Path("no.pt")}, "leave out `features`"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    systems, options, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        evaluate(systems, data="synthetic", out=tmp_path / "out", **options)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_benchmark")
def test_a_benchmark_with_fewer_clips_than_asked_for(tmp_path: Path) -> None:
    evaluate(("projection",), data="synthetic", out=tmp_path / "out", clips=32, obedience=5)
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert figures["obedience"]["projection"]["shots"] == 3
