import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.estimators import weights
from dynascene.estimators.weight_sources import PinnedFile
from dynascene.estimators.weight_table import Weights
from dynascene.estimators.weights import cache_folder, weights_file
from dynascene.interfaces.cli.weights import weights as list_weights

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "weights"
CONTENT = {"/net.onnx": b"three numbers " * 333, "/config.json": b"{}", "/cut.onnx": b"whole file"}


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = CONTENT.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:3] if self.path == "/cut.onnx" else content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A server on this machine, and an empty cache."""
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "cache"))
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def pinned(url: str, content: bytes | None = None) -> PinnedFile:
    name = "/" + url.rpartition("/")[2]
    content = CONTENT.get(name, b"") if content is None else content
    return PinnedFile(url, hashlib.sha256(content).hexdigest(), len(content))


def table(monkeypatch: pytest.MonkeyPatch, *files: PinnedFile) -> None:
    monkeypatch.setattr(weights, "WEIGHTS", {"net": Weights("a test", "none", files)})


def refusal(*args: object, **kwargs: object) -> str:
    with pytest.raises(InputError) as error:
        weights_file(*args, **kwargs)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_fetched_once_and_then_kept(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, pinned(f"{address}/net.onnx"), pinned(f"{address}/config.json"))
    told: list[tuple[str, int, int]] = []
    path = weights_file("net", progress=lambda *news: told.append(news))
    assert path.read_bytes() == CONTENT["/net.onnx"]
    assert sorted(p.name for p in path.parent.iterdir()) == ["config.json", "net.onnx"]
    assert told[0] == ("net.onnx", 14 * 333, 14 * 333)
    assert told[-1] == ("config.json", 2, 2)
    monkeypatch.setattr(weights, "fetch_address", None)  # a second fetch would fail
    assert weights_file("net") == path


def test_another_file_than_expected_is_deleted(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, pinned(f"{address}/net.onnx", content=b"something else"))
    line = refusal("net")
    assert "was deleted" in line
    assert f"{address}/net.onnx" in line
    assert list((cache_folder() / "weights" / "net").iterdir()) == []


@pytest.mark.parametrize("name", ["absent.onnx", "cut.onnx"])
def test_not_fetched_says_from_where_to_where(
    address: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    table(monkeypatch, pinned(f"{address}/{name}"), pinned(f"{address}/config.json"))
    line = refusal("net")
    for part in (f"{address}/{name}", f"{address}/config.json", str(cache_folder())):
        assert part in line
    assert list((cache_folder() / "weights" / "net").iterdir()) == []


def test_without_network_says_from_where_to_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    table(monkeypatch, pinned("http://127.0.0.1:1/net.onnx"))
    assert str(tmp_path / "weights" / "net") in refusal("net")


def test_a_file_put_there_by_hand_is_taken_if_it_is_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    table(monkeypatch, pinned("http://127.0.0.1:1/net.onnx"))
    path = tmp_path / "weights" / "net" / "net.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT["/net.onnx"])
    assert weights_file("net") == path
    path.write_bytes(CONTENT["/net.onnx"][:-1] + b"!")  # the same length
    assert "not the expected file" in refusal("net")
    assert path.is_file(), "what the user put there is the user's to delete"


def test_a_damaged_file_is_told_from_a_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    table(monkeypatch, pinned("http://127.0.0.1:1/net.onnx"))
    path, whole = tmp_path / "weights" / "net" / "net.onnx", CONTENT["/net.onnx"]
    assert weights.weights_state("net") == "not fetched"
    path.parent.mkdir(parents=True)
    path.write_bytes(whole[:-1])
    assert weights.weights_state("net") == "damaged"
    list_weights()
    assert re.search(r"^net .* damaged .*\n +delete .*weights/net", capsys.readouterr().out)
    path.write_bytes(whole[:-1] + b"!")  # the same length
    assert weights.weights_state("net") == "damaged"
    monkeypatch.setattr(weights, "SMALL_BYTES", 100)  # too large to be read for a list
    assert weights.weights_state("net") == "here"
    assert weights.weights_state("net", thorough=True) == "damaged"
    path.write_bytes(whole)
    assert weights.weights_state("net", thorough=True) == "here"


def test_a_named_folder_is_all_that_is_looked_at(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, pinned(f"{address}/net.onnx"))
    assert "has no net.onnx" in refusal("net", tmp_path)
    (tmp_path / "net.onnx").write_bytes(CONTENT["/net.onnx"])
    assert weights_file("net", tmp_path) == tmp_path / "net.onnx"


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "file"))
    assert "DYNASCENE_CACHE" in refusal("fastestdet")


def test_unknown_name_lists_the_known_ones() -> None:
    assert "fastestdet" in refusal("yolo")


def test_cache_folder_follows_the_convention(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DYNASCENE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert cache_folder() == Path.home() / ".cache" / "dynascene"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert cache_folder() == Path("/var/caches/dynascene")
    monkeypatch.setenv("DYNASCENE_CACHE", "~/here")
    assert cache_folder() == Path.home() / "here"


@pytest.mark.parametrize("name", weights.WEIGHTS)
def test_every_entry_is_pinned_and_holds_numbers_only(name: str) -> None:
    entry = weights.WEIGHTS[name]
    assert entry.licence in {"Apache-2.0", "BSD-3-Clause", "MIT"}
    for file in entry.files:
        assert re.search(r"/[0-9a-f]{40}/|\?generation=\d+$", file.url), "an address of one version"
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert Path(file.name).suffix in weights.NUMBERS_ONLY


@pytest.mark.parametrize("name", ["fastestdet", "selfie", "selfie_landscape"])
def test_pins_are_those_of_the_real_files(name: str) -> None:
    folder = SHARED / name.removesuffix("_landscape")
    if not folder.is_dir():
        pytest.skip("the networks are not on this machine")
    assert weights_file(name, folder).parent == folder


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could run code"):
        weights.check_numbers_only(tmp_path / "model.pt")
    weights.check_numbers_only(tmp_path / "model.safetensors")
