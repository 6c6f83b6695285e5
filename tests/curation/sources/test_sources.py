"""Every video that was named is found once, with what its list says; bytes are fetched once."""

import functools
import hashlib
import http.server
import logging
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from dynascene.curation.clip import Source
from dynascene.curation.sources import fetching
from dynascene.curation.sources.fetching import Fetcher
from dynascene.curation.sources.listing import find_sources
from dynascene.curation.sources.location import ending_of
from dynascene.errors import InputError

DIGITS = "0" * 60 + "1234"  # a checksum that looks like a number


@pytest.fixture
def memory() -> Generator[Any]:
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/", recursive=True)


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_a_folder_gives_all_its_videos_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    touched(tmp_path, "b.MP4", "deep/er/a.mkv", "notes.txt", "deep/.hidden.mp4", ".trash/c.mp4")
    found = find_sources([tmp_path])
    assert [source.location for source in found] == [
        str(tmp_path / "b.MP4"),
        str(tmp_path / "deep/er/a.mkv"),
    ]


def test_a_file_that_is_named_is_taken_whatever_its_ending(tmp_path: Path) -> None:
    touched(tmp_path, "odd.bin")
    assert find_sources([tmp_path / "odd.bin"]) == [Source(str(tmp_path / "odd.bin"))]


def test_lists_of_both_kinds_say_the_same(tmp_path: Path) -> None:
    rows = [
        {"url": "memory://films/a.mp4", "path": None, "licence": "CC0", "sha256": DIGITS},
        {"url": None, "path": "../x/b.mp4", "licence": "", "sha256": None},
    ]
    (tmp_path / "lists").mkdir()
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "lists/l.parquet")
    text = f"url,path,licence,sha256\nmemory://films/a.mp4,,CC0,{DIGITS}\n,../x/b.mp4,,\n"
    (tmp_path / "lists/l.csv").write_text(text)
    expected = [
        Source(str(tmp_path / "x/b.mp4")),
        Source("memory://films/a.mp4", "CC0", DIGITS),
    ]
    assert find_sources([tmp_path / "lists/l.parquet"]) == expected
    assert find_sources([tmp_path / "lists/l.csv"]) == expected


def test_what_is_named_twice_is_taken_once_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    touched(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "l.csv").write_text("path,licence\na.mp4,CC0\n")
    with caplog.at_level(logging.WARNING):
        found = find_sources([f"{tmp_path}/./b.mp4", tmp_path, tmp_path / "l.csv"])
    assert [(Path(s.location).name, s.licence) for s in found] == [
        ("a.mp4", "CC0"),
        ("b.mp4", None),
    ]
    (record,) = caplog.records
    assert f"taken once: {tmp_path}/a.mp4, {tmp_path}/b.mp4" in record.getMessage()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("path,licence\na.mp4,CC0\na.mp4,CC-BY\n", "listed twice, with licence 'CC0' and 'CC-BY'"),
        ("name\na.mp4\n", "has no column 'url' or 'path'; it has name"),
        ("path\n", "the list is empty"),
        ("path,licence\n,CC0\n", "entry 1 has no path"),
        ("path,sha256\na.mp4,12ab\n", "entry 1: sha256 '12ab' is not 64 hexadecimal digits"),
        ("path\nnothing://a.mp4\n", "nothing://a.mp4: Protocol not known"),
        ("", "the list cannot be read"),
    ],
)
def test_a_bad_list_is_said_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "l.csv").write_text(content)
    with pytest.raises(InputError) as caught:
        find_sources([tmp_path / "l.csv"])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_names_and_empty_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_sources([tmp_path / "gone"])
    with pytest.raises(InputError, match="holds no video"):
        find_sources([touched(tmp_path, "a.txt")])


def test_a_folder_on_any_storage_is_listed_but_a_page_of_the_web_never(memory: Any) -> None:
    for name in ("/films/b.mp4", "/films/x/a.webm", "/films/n.txt"):
        memory.pipe_file(name, b"x")
    found = find_sources(["memory://films"])
    assert [s.location for s in found] == ["memory:///films/b.mp4", "memory:///films/x/a.webm"]
    if fsspec.utils.get_protocol("https://a") and pytest.importorskip("aiohttp"):
        page = "https://films.invalid/all"
        assert find_sources([page]) == [Source(page)]


def test_the_ending_of_a_url_is_not_that_of_its_query() -> None:
    assert ending_of("https://a.b/c/d.MP4?token=x.y") == ".mp4"
    assert ending_of("/a.b/c") == ""


def test_bytes_are_kept_by_their_content_and_fetched_once(tmp_path: Path, memory: Any) -> None:
    memory.pipe_file("/a.mp4", b"film")
    memory.pipe_file("/same.mp4", b"film")
    fetch = Fetcher(tmp_path / "cache")
    path = fetch(Source("memory://a.mp4"))
    assert path.read_bytes() == b"film"
    assert path.stem == hashlib.sha256(b"film").hexdigest()
    assert fetch(Source("memory://same.mp4")) == path
    memory.rm("/a.mp4")
    assert fetch(Source("memory://a.mp4")) == path
    assert fetch(Source("memory://moved.mp4", sha256=path.stem)) == path
    assert not list((tmp_path / "cache").glob(".*"))


def test_local_files_stay_where_they_are(tmp_path: Path) -> None:
    path = touched(tmp_path, "a.mp4") / "a.mp4"
    fetch = Fetcher(tmp_path / "cache")
    assert fetch(Source(str(path))) == path == fetch(Source(f"file://{path}"))
    assert not (tmp_path / "cache").exists()
    with pytest.raises(InputError, match="no such file"):
        fetch(Source(str(tmp_path / "b.mp4")))


@pytest.mark.parametrize(("failures", "fetched"), [(2, True), (3, False)])
def test_a_storage_that_fails_is_asked_three_times(
    tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch, failures: int, fetched: bool
) -> None:
    memory.pipe_file("/a.mp4", b"film")
    calls: list[str] = []
    real = fsspec.open

    def flaky(location: str, *args: Any, **options: Any) -> Any:
        calls.append(location)
        if len(calls) <= failures:
            raise ConnectionResetError("the line\nbroke")
        return real(location, *args, **options)

    monkeypatch.setattr(fetching.fsspec, "open", flaky)
    fetch = Fetcher(tmp_path / "cache", attempts=3, pause=0.0)
    if fetched:
        assert fetch(Source("memory://a.mp4")).read_bytes() == b"film"
    else:
        with pytest.raises(
            InputError, match=r"^memory://a.mp4: cannot be fetched: the line broke$"
        ):
            fetch(Source("memory://a.mp4"))
    assert len(calls) == 3
    assert not list((tmp_path / "cache").glob(".*"))


def test_what_is_not_there_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching.time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(InputError, match="cannot be fetched"):
        Fetcher(tmp_path / "cache")(Source("memory://gone.mp4"))


def test_a_video_comes_over_http_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    (tmp_path / "web").mkdir()
    (tmp_path / "web/a.mp4").write_bytes(bytes(range(256)) * 9000)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        fetch = Fetcher(tmp_path / "cache", pause=0.0)
        path = fetch(Source(f"{address}/a.mp4?x=1"))
        assert path.read_bytes() == (tmp_path / "web/a.mp4").read_bytes()
        assert path.suffix == ".mp4"
        with pytest.raises(InputError, match="cannot be fetched"):
            fetch(Source(f"{address}/b.mp4"))
        server.shutdown()
