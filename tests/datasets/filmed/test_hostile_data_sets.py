"""Data sets of other people that claim too much, or point at what is not theirs."""

import io
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dynascene.curation.output.release import read_release
from dynascene.curation.sources.listing import find_sources
from dynascene.datasets.filmed.manifest import read_manifest
from dynascene.datasets.filmed.shards import clips_of_shard, unpack
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.io import parquet_tables

ROW = {
    "clip": "a", "path": "a", "source": "v", "split": "train", "frames": 9, "frame_rate": 24.0,
    "width": 64, "height": 48, "has_person": True,
}  # fmt: skip


def manifest(folder: Path, *rows: dict) -> Storage:
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / "manifest.parquet")
    return Storage.at(folder)


@pytest.mark.parametrize(
    "path",
    ["../a", "b/../../a", "/etc", "..", "a/..", "..\\a", "b\\..\\..\\a", "\\a", "C:\\a", "C:a"],
)
def test_paths_stay_within_the_data_set(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="leads out of the data set"):
        read_manifest(manifest(tmp_path, {**ROW, "path": path}))


def test_a_folder_in_the_place_of_a_manifest_is_none(tmp_path: Path) -> None:
    """It is no data set without a manifest either, whose clips would be looked through."""
    (tmp_path / "manifest.parquet").mkdir()
    with pytest.raises(InputError, match=r"manifest\.parquet: is a folder, and no manifest"):
        open_manifest(tmp_path)


@pytest.mark.parametrize("path", ["a", "b/a", "a..b/..c", "shard.tar"])
def test_other_paths_are_taken(tmp_path: Path, path: str) -> None:
    assert read_manifest(manifest(tmp_path, {**ROW, "path": path}))[0].path == path


def test_tables_of_too_many_rows_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = manifest(tmp_path, *({**ROW, "clip": f"{k}"} for k in range(6)))
    assert len(read_manifest(storage)) == 6
    monkeypatch.setattr(parquet_tables, "MOST_ROWS", 5)
    table = tmp_path / "manifest.parquet"
    for read in (lambda: read_manifest(storage), lambda: read_release(table),
                 lambda: find_sources([str(table)])):  # fmt: skip
        with pytest.raises(InputError, match=r"manifest\.parquet: has 6 rows, more than 5"):
            read()


def shard_of(path: Path, *names: str, size: int = 3) -> Path:
    """Members that claim a size; all have three bytes."""
    with path.open("wb") as file:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = size
            file.write(member.tobuf() + b"abc".ljust(512, b"\0"))
        file.write(bytes(1024))
    return path


def test_names_that_lead_elsewhere_are_left_out(tmp_path: Path) -> None:
    names = ("a.mp4", "a..", "a...", "a.x\\..\\b", "a.c:x", "../../b.mp4", "/c.mp4")
    clips = clips_of_shard(shard_of(tmp_path / "s.tar", *names))
    assert [member.name for member in clips["a"]] == ["mp4"]
    for clip in clips:  # whatever a clip is called, its files are unpacked into the cache
        folder = unpack(tmp_path / "s.tar", clip, tmp_path / "cache")
        assert folder.parent == tmp_path / "cache"
        assert [p.read_bytes() for p in folder.iterdir()] == [b"abc"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "s.tar"]


def test_links_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo(f"a.{kind.decode()}")
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
        member = tarfile.TarInfo("a.txt")
        tar.addfile(member, io.BytesIO())
    assert [member.name for member in clips_of_shard(tmp_path / "s.tar")["a"]] == ["txt"]


@pytest.mark.parametrize("size", [4000, 2**40, 2**63])
def test_a_member_that_claims_more_than_there_is_takes_no_memory(tmp_path: Path, size: int) -> None:
    shard = shard_of(tmp_path / "s.tar", "a.mp4", size=size)
    with pytest.raises(InputError, match=r"s\.tar: (breaks off within a\.mp4|is no tar file)"):
        unpack(shard, "a", tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
