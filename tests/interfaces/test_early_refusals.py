"""What cannot be is refused before the first long stage, the cutting out of the person."""

from pathlib import Path

import numpy as np
import pytest
import tyro

from dynascene.geometry.moves import MOVES
from dynascene.interfaces.cli.clip_options.camera import CameraOptions
from dynascene.interfaces.cli.main import main
from dynascene.interfaces.cli.matting import matte
from dynascene.interfaces.cli.parsing import CONFIG
from dynascene.io.images import write_png

FRAMES, H, W = 4, 48, 64

BAD = {
    "move that is misspelt": ("--move pan-right=20", "unknown move 'pan-right=20'"),
    "amount out of range": ("--move pan-right:1e9", "out of range"),
    "move below the ground": ("--move pedestal-down:0.9", "below the ground"),
    "keyframes that are missing": ("--move keys.json", "keys.json"),
    "camera file that is missing": ("--cameras none.txt", "none.txt"),
    "format of no file": ("--camera-format re10k", "give --cameras FILE"),
    "rotations of no file": ("--rotation-order zxy", "give --cameras FILE"),
    "sensor of no file": ("--sensor 36x24", "give --cameras FILE"),
    "scale of no file": ("--camera-height 1.5", "give --cameras FILE"),
    "scale that is none": ("--camera-scale -1", "must be positive"),
    "lens": ("--fov 500", "between 1 and 170"),
    "lens of the picture": ("--scene-fov 0", "between 1 and 170"),
    "horizon": ("--horizon 7", "0 is the picture's top"),
    "depth of another shape": ("--scene-depth flat.png", "flat.png"),
    "depth that is missing": ("--scene-depth none.npy", "none.npy"),
    "depth without a network": ("--place depth", "there is no depth"),
    "place with depth and as a box": ("--place box --scene-depth flat.png", "give one"),
    "box without lines": ("--place box", "no straight lines"),
    "box outside the picture": ("--box 900,900,950,950", "box"),
    "box the wrong way round": ("--box 60,40,20,10", "box"),
    "nobody's pixel": ("--subject 500,10", "lies outside"),
    "nobody's number": ("--subject 2", "pixel X,Y"),
    "click in no frame": ("--hint 0:1,1 --hint 9:1,1", "--hint 9:1,1: clip has the frames 0 to 3"),
    "click that is none": ("--hint here", "FRAME:X,Y"),
    "with and without things": ("--take-along --person-alone", "give one of them"),
    "things by people's network": ("--take-along --matte-backend selfie", "selfie"),
    "nobody's network for the person alone": (
        "--person-alone",
        "--person-alone: the backend motion",
    ),
    "shrinking by too much": ("--matte-shrink 999", "--matte-shrink 999"),
    "height": ("--person-height 30", "--person-height 30"),
    "frames": ("--frames 0:99", "0:4"),
    "size": ("--size 4x4", "4x4"),
    "steps": ("--steps 0", "--steps 0"),
    "seed": ("--seed -1", "--seed -1"),
    "guidance": ("--guidance 1e9", "--guidance"),
    "weights": ("--generator diffusion --weights nowhere", "nowhere"),
    "weights that are cut": ("--generator diffusion --weights cut", "no whole file of weights"),
    "framing": ("--framing 500,0", "--framing 500,0"),
    "view beside the picture": ("--move static --framing 150,0", "sees nothing"),
    "space without a config": ("--ocio-person ACEScg", "give --ocio too"),
    "config without a space": ("--ocio x.ocio", "give --ocio-person, --ocio-scene or"),
    "space of no layers": ("--ocio x.ocio --ocio-layers ACEScg", "is for --layers exr"),
    "rate of a video": ("--frame-rate 0", "--frame-rate"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip without a matte, a place without lines, and weights of which a half is missing."""
    from dynascene.generation.weights import bundled_folder

    place = tmp_path_factory.mktemp("early")
    noise = np.random.default_rng(0).integers(0, 256, (FRAMES + 1, H, W, 3)).astype(np.uint8)
    (place / "clip").mkdir()
    for index in range(FRAMES):
        write_png(place / "clip" / f"{index}.png", noise[index])
    write_png(place / "place.png", np.full((60, 90, 3), 120, np.uint8))
    write_png(place / "flat.png", noise[-1])
    for file in bundled_folder().rglob("*"):
        copy = place / "cut" / file.relative_to(bundled_folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.is_file():
            half = file.stat().st_size // 2 if "denoiser" in str(copy.parent) else None
            copy.write_bytes(file.read_bytes()[: half if copy.suffix == ".safetensors" else None])
    return place


@pytest.fixture(autouse=True)
def cutting_out_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    """The long stages must not begin."""

    def fail(*_: object) -> None:
        raise AssertionError("a long stage has begun")

    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("dynascene.generation.takes.find_cuts", fail)
    monkeypatch.setattr("dynascene.estimators.matte.job.find_subject", fail)


@pytest.mark.parametrize("name", BAD)
def test_generate_refuses_before_the_long_stages(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options, expected = BAD[name]
    given = options.split()
    quick = [] if "--generator" in given else ["--generator", "projection"]
    with pytest.raises(SystemExit) as stop:
        main(["generate", "clip", "--scene", "place.png", *given, *quick, "--out", "out"])
    lines = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2
    assert expected in next(line for line in lines if line.startswith("dynascene: "))
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--subject 500,10", "lies outside"),
        ("--subject 2", "pixel X,Y"),
        ("--hint 0:1,1 --hint 2:500,1,out", "--hint 2:500,1: lies outside"),
        ("--matte-feather -2", "--matte-feather -2"),
        ("--matte-backend fast", "fast"),
        ("--frames 3:99", "0:4"),
    ],
)
def test_matte_refuses_before_the_long_stages(
    options: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["matte", "clip", *options.split(), "--out", "out"])
    assert stop.value.code == 2
    assert expected in capsys.readouterr().err


def test_good_options_reach_the_long_stages() -> None:
    for options in (["--move", "pan-right:5"], ["--box", "20,10,60,40"], []):
        with pytest.raises(AssertionError, match="a long stage has begun"):
            main(["generate", "clip", "--scene", "place.png", *options,
                  "--generator", "projection", "--out", "out"])  # fmt: skip
    with pytest.raises(AssertionError, match="a long stage has begun"):
        tyro.cli(matte, args=["clip", "--out", "out"], config=CONFIG)


def test_the_help_names_every_move() -> None:
    words = str(CameraOptions.__doc__).replace(",", " ").replace("(", " ").replace(";", " ").split()
    assert set(MOVES) <= set(words)
