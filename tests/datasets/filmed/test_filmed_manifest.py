from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filmed_data import write_clip_folder

from dynascene.datasets.filmed.manifest import ClipManifest, ClipRecord, read_manifest
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import open_manifest, survey, write_manifest
from dynascene.errors import InputError
from dynascene.io.manifests import COLUMNS, SHARES, split_of

ROW = {
    "clip": "a", "path": "a", "source": "v", "split": "train", "frames": 9, "frame_rate": 24.0,
    "width": 64, "height": 48, "has_person": True,
}  # fmt: skip


def written(folder: Path, *rows: dict) -> Path:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / "manifest.parquet")
    return folder


def test_splits_have_their_shares_and_depend_on_the_source_alone() -> None:
    splits = [split_of(f"video-{k}", SHARES) for k in range(4000)]
    for split, share in SHARES.items():
        assert splits.count(split) / 4000 == pytest.approx(share, abs=0.015)
    assert splits == [split_of(f"video-{k}", SHARES) for k in range(4000)]
    other = [split_of(f"video-{k}", SHARES, seed=1) for k in range(4000)]
    assert 0.1 < sum(a != b for a, b in zip(splits, other, strict=True)) / 4000 < 0.3


def test_shares_are_relative() -> None:
    paper = {"train": 200_000, "val": 3_957, "test": 1_000}
    splits = [split_of(str(k), paper) for k in range(4000)]
    assert splits.count("train") / 4000 == pytest.approx(200_000 / 204_957, abs=0.01)


def test_clips_of_one_source_share_a_split(tmp_path: Path) -> None:
    for k in range(8):
        write_clip_folder(tmp_path / f"c{k}", count=2, source=f"video {k % 4}")
    shares = {"train": 1, "val": 1}
    for seed in range(20):  # the sources fall to both sides for nearly every seed
        clips = survey(Storage.at(tmp_path), shares=shares, seed=seed)
        sides: dict[str, set[str]] = {}
        for k in range(len(clips)):
            record = clips[k]
            sides.setdefault(record.source, set()).add(str(record.split))
        assert len(sides) == 4
        assert all(len(found) == 1 for found in sides.values())
        if len(set.union(*sides.values())) == 2:
            return
    pytest.fail("all sources fell into one split for 20 seeds")


def test_a_single_clip_is_trained_on(tmp_path: Path) -> None:
    seed = next(s for s in range(1000) if split_of("only", SHARES, s) == "test")
    write_clip_folder(tmp_path / "only", count=2)
    assert survey(Storage.at(tmp_path), seed=seed)[0].split == "train"


def test_what_a_survey_finds(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "person", count=5, source="holiday.mov")
    write_clip_folder(tmp_path / "deep" / "place", count=4, matte=False, cameras=False)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "video.mp4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("hello")
    seen: list[tuple[int, int]] = []
    written = write_manifest(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    again = open_manifest(tmp_path)
    assert again.table.equals(written.table)
    assert {again[k].clip: again[k] for k in range(2)} == {
        "person": ClipRecord(
            "person", "person", "holiday.mov", again[1].split, 5, 24.0, 64, 48, True, True
        ),
        "deep/place": ClipRecord(
            "deep/place", "deep/place", "deep/place", again[0].split, 4, 24.0, 64, 48, False, False
        ),
    }


def test_a_folder_may_be_one_clip(tmp_path: Path) -> None:
    write_clip_folder(tmp_path / "walk", count=3)
    manifest = write_manifest(tmp_path / "walk")
    assert (manifest[0].clip, manifest[0].path, manifest[0].frames) == ("walk", ".", 3)


def test_nothing_to_survey(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no cameras beside it")
    with pytest.raises(InputError, match=r"holds no clips; expected a folder for each"):
        write_manifest(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        write_manifest(tmp_path / "nowhere")
    assert not (tmp_path / "manifest.parquet").exists()


def test_more_columns_are_kept_and_rows_without_a_split_are_not_used(tmp_path: Path) -> None:
    kept = ROW | {"verdict": "keep", "S": 0.4}
    dropped = {"clip": "b", "verdict": "reject", "S": 0.9}
    manifest = open_manifest(written(tmp_path, kept, dropped))
    assert (manifest[1].clip, manifest[1].split, manifest[1].frames) == ("b", None, 0)
    train = manifest.of_split("train")
    assert train.names == ["a"]
    assert train.table.column("S").to_pylist() == [0.4]
    manifest.save()
    assert pq.read_table(tmp_path / "manifest.parquet").column("verdict").to_pylist() == [
        "keep",
        "reject",
    ]


def test_the_manifest_itself_may_be_named(tmp_path: Path) -> None:
    folder = written(tmp_path, ROW)
    for source in (folder, str(folder), folder / "manifest.parquet"):
        assert open_manifest(source).names == ["a"]
        assert open_manifest(source).storage.local("x") == folder / "x"


def test_short_clips_and_other_splits_are_left_out(tmp_path: Path) -> None:
    manifest = open_manifest(
        written(
            tmp_path,
            ROW,
            ROW | {"clip": "short", "frames": 3},
            ROW | {"clip": "v", "split": "val"},
        )
    )
    assert manifest.of_split("train", 4).names == ["a"]
    assert manifest.of_split("train", 3).names == ["a", "short"]
    with pytest.raises(InputError, match="split train has 2 clips, and none of them has 10 frames"):
        manifest.of_split("train", 10)
    with pytest.raises(InputError, match="split test has 0 clips, and none is listed for it"):
        manifest.of_split("test")
    with pytest.raises(InputError, match="'trian' is unknown"):
        manifest.of_split("trian")


@pytest.mark.parametrize("column", COLUMNS.names)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    row = {name: value for name, value in ROW.items() if name != column}
    with pytest.raises(InputError, match=f"manifest.parquet: has no column '{column}'"):
        open_manifest(written(tmp_path, row))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROW, ROW], "clip 'a' is listed twice"),
        ([ROW | {"split": "training"}], "split 'training' is unknown; known: train, val, test"),
        ([ROW | {"frames": "many"}], "column 'frames' is not of type int64"),
        ([ROW | {"path": None}], "a clip with a split has no path"),
    ],
)
def test_manifests_that_cannot_be_used(tmp_path: Path, rows: list[dict], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_manifest(written(tmp_path, *rows))


def test_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "manifest.parquet").write_bytes(b"clip,path\n")
    with pytest.raises(InputError, match="is no Parquet file") as error:
        read_manifest(Storage.at(tmp_path))
    assert "\n" not in str(error.value)


def test_records_round_trip(tmp_path: Path) -> None:
    records = [
        ClipRecord("a", "x/a", "v", "val", 30, 29.97, 1920, 1080, True, False),
        ClipRecord("b", "s.tar", "w", None, reason="is damaged"),
    ]
    ClipManifest.of(records, Storage.at(tmp_path)).save()
    manifest = open_manifest(tmp_path)
    assert [manifest[k] for k in range(2)] == records
