import io
import shutil
import tarfile
from pathlib import Path

import fsspec
import pytest
import torch
from filmed_data import SIZE, write_clip_folder
from fsspec.implementations.memory import MemoryFileSystem
from webdataset import TarWriter

from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord
from dynascene.datasets.filmed.shard_writing import write_shards
from dynascene.datasets.filmed.shards import clips_of_shard
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest, write_manifest
from dynascene.errors import InputError

CLIPS = ("walk", "run", "stand")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    for k, name in enumerate(CLIPS):
        write_clip_folder(root / name, 7 + k, source="one film")
    write_manifest(root, shares={"train": 1})
    return root


@pytest.fixture
def memory(template: Path) -> str:
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    upload(template, "/bucket/clips")
    return "memory://bucket/clips"


def upload(folder: Path, place: str) -> None:
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        fsspec.filesystem("memory").pipe_file(f"{place}/{name}", path.read_bytes())


def pieces(source: Path | str, cache: Path | None = None) -> list:
    clips = FilmedClips(source, size=SIZE, length=4, cache=cache)
    drawn = [clips[k] for k in range(6)]
    assert not clips.broken.names
    return drawn


def assert_same(first: list, second: list) -> None:
    for a, b in zip(first, second, strict=True):
        assert a.name == b.name
        assert torch.equal(a.video, b.video)
        assert torch.equal(a.matte, b.matte)
        assert torch.equal(a.others, b.others)
        assert torch.equal(a.cameras.cam_from_world, b.cameras.cam_from_world)


def test_local_files_are_read_in_place(template: Path, tmp_path: Path) -> None:
    pieces(template, tmp_path / "cache")
    pieces(f"file://{template}", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_url_is_the_same_as_its_folder(template: Path, memory: str, tmp_path: Path) -> None:
    assert_same(pieces(memory, tmp_path / "cache"), pieces(template))


def test_files_are_fetched_once_and_anew_when_they_change(memory: str, tmp_path: Path) -> None:
    storage = Storage.at(memory + "/", tmp_path / "cache")
    path = storage.local("walk/meta.json")
    assert path.name == "meta.json"
    stamp = path.stat().st_mtime_ns
    assert storage.local("walk/meta.json") == path
    assert path.stat().st_mtime_ns == stamp
    fsspec.filesystem("memory").pipe_file("/bucket/clips/walk/meta.json", b'{"source": "new"}')
    assert storage.local("walk/meta.json").read_text() == '{"source": "new"}'


def test_a_manifest_can_be_written_to_a_url(memory: str, template: Path, tmp_path: Path) -> None:
    fsspec.filesystem("memory").rm("/bucket/clips/manifest.parquet")
    write_manifest(memory, shares={"train": 1}, cache=tmp_path)
    assert open_manifest(memory, tmp_path).table.equals(open_manifest(template).table)
    assert open_manifest(f"{memory}/manifest.parquet", tmp_path).names == sorted(CLIPS)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://bucket/nothing", "there is no such folder of clips"),
        ("nonsense://x", "nonsense://x: cannot be opened: .*nonsense"),
    ],
)
def test_urls_that_lead_nowhere(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        open_manifest(url, tmp_path)


def test_what_a_network_raises_is_one_line(memory: str, tmp_path: Path, monkeypatch) -> None:
    def refuse(*_, **__) -> None:
        raise RuntimeError("no\ncredentials")  # of a library that knows nothing of OSError

    monkeypatch.setattr(MemoryFileSystem, "find", refuse)
    with pytest.raises(InputError, match="memory://bucket/clips: cannot be read: no credentials"):
        Storage.at(memory, tmp_path).files()


def test_missing_remote_files_are_named(memory: str, tmp_path: Path) -> None:
    storage = Storage.at(memory, tmp_path)
    with pytest.raises(InputError, match=r"memory://bucket/clips/walk/none\.txt: no such file"):
        storage.local("walk/none.txt")
    with pytest.raises(InputError, match="memory://bucket/clips/gone: no such file"):
        storage.names("gone")


def pack(folder: Path, shard: Path, names: tuple[str, ...] = CLIPS) -> None:
    """As any user of WebDataset would."""
    with TarWriter(str(shard)) as writer:
        for name in names:
            files = {p.name: p.read_bytes() for p in sorted((folder / name).iterdir())}
            writer.write({"__key__": name, **files})


def test_shards_without_a_manifest(template: Path, tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    pack(template, tmp_path / "shards" / "0.tar", CLIPS[:1])
    pack(template, tmp_path / "shards" / "1.tar", CLIPS[1:])
    manifest = open_manifest(tmp_path / "shards", tmp_path / "cache")
    found = {manifest[k].clip: manifest[k] for k in range(len(manifest))}
    assert {name: record.path for name, record in found.items()} == {
        "walk": "0.tar", "run": "1.tar", "stand": "1.tar",
    }  # fmt: skip
    assert {record.source for record in found.values()} == {"one film"}
    assert [p.name for p in sorted((tmp_path / "shards").iterdir())] == ["0.tar", "1.tar"]


def test_shards_are_the_same_as_their_folder(template: Path, tmp_path: Path) -> None:
    packed = write_shards(open_manifest(template), tmp_path / "shards")
    assert sorted(packed.names) == sorted(CLIPS)
    assert {packed[k].path for k in range(3)} == {"000000.tar"}
    assert_same(pieces(tmp_path / "shards", tmp_path / "cache"), pieces(template))


def test_shards_in_the_distance(template: Path, tmp_path: Path) -> None:
    write_shards(open_manifest(template), tmp_path / "shards")
    upload(tmp_path / "shards", "/far")
    assert_same(pieces("memory://far", tmp_path / "cache"), pieces(template))


def test_side_by_side_clips_are_packed_under_their_roles(template: Path, tmp_path: Path) -> None:
    for part, name in (("videos/a.mp4", "video.mp4"), ("poses/a.txt", "cameras.txt")):
        (tmp_path / part).parent.mkdir()
        shutil.copy(template / "walk" / name, tmp_path / part)
    manifest = write_manifest(tmp_path, shares={"train": 1})
    assert (manifest[0].clip, manifest[0].path) == ("a", "videos/a.mp4")
    assert manifest[0].has_camera
    write_shards(manifest, tmp_path / "out")
    members = clips_of_shard(tmp_path / "out" / "000000.tar")
    assert sorted(m.name for m in members["a"]) == ["cameras.txt", "video.mp4"]
    assert_same(pieces(tmp_path / "out", tmp_path / "cache"), pieces(tmp_path))


def test_names_of_side_by_side_clips(template: Path, tmp_path: Path) -> None:
    for folder, poses in (("a/videos", "a/poses"), ("b/videos", "b/cameras"), ("c", "c")):
        for place, name in ((f"{folder}/1.mp4", "video.mp4"), (f"{poses}/1.txt", "cameras.txt")):
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(template / "walk" / name, tmp_path / place)
    shutil.copy(template / "walk" / "video.mp4", tmp_path / "c" / "without-cameras.mp4")
    manifest = open_manifest(tmp_path)
    assert [(manifest[k].clip, manifest[k].has_camera) for k in range(len(manifest))] == [
        ("a/1", True), ("b/1", True), ("c/1", True),
    ]  # fmt: skip


def test_clips_of_a_shard_that_breaks_off(template: Path, tmp_path: Path) -> None:
    shard = tmp_path / "0.tar"
    pack(template, shard)
    manifest = write_manifest(tmp_path, shares={"train": 1}, cache=tmp_path / "a")
    content = shard.read_bytes()
    last = clips_of_shard(shard)["stand"]
    shard.write_bytes(content[: last[0].offset - 600])  # before the last clip's first header
    clips = FilmedClips(manifest, size=SIZE, length=4)
    names = {clips[k].name for k in range(20)}
    assert names == {"walk", "run"}
    assert clips.broken.reasons == {"stand": f"{shard}: holds no clip 'stand'"}

    inside = next(m for m in last if m.name == "video.mp4")
    shard.write_bytes(content[: inside.offset + inside.size // 2])
    clips = FilmedClips(manifest, size=SIZE, length=4)
    assert {clips[k].name for k in range(20)} == {"walk", "run"}
    assert "stand" in clips.broken.reasons


def test_names_within_shards(tmp_path: Path) -> None:
    shard = tmp_path / "s.tar"
    with tarfile.open(shard, "w") as tar:
        for name in ("./a.video.mp4", "deep.er/b.cameras.txt", "deep.er/b.x.y", ".hidden", "plain"):
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
    members = {clip: [m.name for m in files] for clip, files in clips_of_shard(shard).items()}
    assert members == {"a": ["video.mp4"], "deep.er/b": ["cameras.txt", "x.y"]}


def test_no_tar_file(tmp_path: Path) -> None:
    (tmp_path / "s.tar").write_bytes(b"hello" * 300)
    with pytest.raises(InputError, match=r"s\.tar: is no tar file that can be read") as error:
        open_manifest(tmp_path, tmp_path / "cache")
    assert "\n" not in str(error.value)
    write_clip_folder(tmp_path / "sound", 2)
    manifest = open_manifest(tmp_path, tmp_path / "cache")
    assert [(manifest[k].clip, manifest[k].split is None) for k in range(2)] == [
        ("s.tar", True),
        ("sound", False),
    ]
    assert "is no tar file" in str(manifest[0].reason)


def test_where_no_clip_is_used_there_is_nothing_to_pack(tmp_path: Path) -> None:
    manifest = ClipManifest.of([ClipRecord("a", reason="dark")], Storage.at(tmp_path))
    with pytest.raises(InputError, match="no clip has a split"):
        write_shards(manifest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_dot_in_a_name_cannot_be_packed(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "a.b", 2)
    manifest = write_manifest(tmp_path)
    with pytest.raises(InputError, match=r"clip a\.b: names in shards hold no dot"):
        write_shards(manifest, tmp_path / "out")
