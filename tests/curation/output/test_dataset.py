import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from painted import RATE, clip_of, write_frames

from dynascene.curation.clip import Clip, Source
from dynascene.curation.output.clip_folders import clip_path
from dynascene.curation.output.dataset import check_dataset_folder, write_dataset
from dynascene.curation.output.manifest import PAPER_SHARES, manifest_table
from dynascene.curation.stages.write import WriteConfig, WriteStage, without_person
from dynascene.curation.votes.tally import Tally
from dynascene.curation.votes.verdict_rule import Rule, with_outcomes
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.opening import clip_files, open_clip
from dynascene.datasets.filmed.survey import open_manifest
from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_matrix
from dynascene.io.cameras import write_cameras
from dynascene.io.images import read_image
from dynascene.io.video import open_video
from dynascene.types import CameraTrack, Size

SIZE, START, STOP = Size(64, 48), 7, 39
STEP = 6  # grey levels from frame to frame


def grey(number: int) -> int:
    return 20 + STEP * (number % 32)


def a_clip(folder: Path, location: str = "walks/film one.mp4", sha256: str | None = None) -> Clip:
    """As the stages before leave it: a source of 44 frames, a matte, cameras."""
    folder.mkdir(parents=True)
    pictures = [np.full((SIZE.height, SIZE.width, 3), grey(k), np.uint8) for k in range(44)]
    mattes = [np.zeros((SIZE.height, SIZE.width, 1), np.uint8) for _ in range(STOP - START)]
    for k, matte in enumerate(mattes):
        matte[10:40, 20 : 30 + 10 * (k != 11)] = 255  # the person hides least in the twelfth
    count = len(mattes)
    poses = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    poses[:, 0, 3] = torch.arange(count)
    view = intrinsics_matrix(50, 52, SIZE.width / 2 - 1, SIZE.height / 2 + 2)
    video = write_frames(folder / "source.mp4", pictures)
    write_frames(folder / "matte.mp4", mattes)
    track = CameraTrack(poses, view.expand(count, 3, 3), SIZE)
    write_cameras(track, folder / "cameras.txt")
    clip = clip_of(video, STOP, START)
    source = Source(location, "CC0", sha256 or "ab" * 32)
    clip = replace(clip, source=source).with_values("probe", fps=24.0, width=64, height=48)
    return clip.with_files(matte="matte.mp4", cameras="cameras.txt")


def written(folder: Path, **source: str) -> Clip:
    """The clip after the last stage, its files named as a run hands them on."""
    (clip,) = WriteStage()(a_clip(folder, **source), folder)
    assert clip.is_kept
    return replace(clip, files={role: str(folder / name) for role, name in clip.files.items()})


def numbers(frames: list[np.ndarray]) -> list[int]:
    return [round((float(frame.mean()) - 20) / STEP) for frame in frames]


def test_the_data_set_reads_a_clip_as_it_was(tmp_path: Path) -> None:
    write_dataset([written(tmp_path / "work")], tmp_path / "set")
    manifest = open_manifest(tmp_path / "set")
    record = manifest[0]
    clip = open_clip(clip_files(record, manifest.storage))
    expected = [k % 32 for k in range(START, STOP)]
    assert numbers(list(clip.frames.read())) == expected
    assert clip.frames.frame_rate == RATE
    assert clip.has_person
    assert clip.has_camera
    assert clip.matte is not None
    assert [float(f[20, 35, 0] > 128) for f in clip.matte.read()] == [
        float(k != 11) for k in range(32)
    ]
    torch.testing.assert_close(clip.cameras.cam_from_world[:, 0, 3], torch.arange(32).double())
    assert (record.split, record.frames, record.frame_rate) == ("train", STOP - START, 24.0)
    drawn = FilmedClips(tmp_path / "set", "train", size=SIZE, length=8)[0]
    assert drawn.has_person
    video = open_video(tmp_path / "set" / record.path / "video.mp4")
    assert max(np.diff(video.keyframes)) <= 24


def test_the_scene_is_the_least_hidden_frame_without_the_person(tmp_path: Path) -> None:
    clip = written(tmp_path / "work")
    assert clip.values["write.scene_frame"] == 11
    scene = read_image(Path(clip.files["scene"]))
    assert (scene[15:35, 21:29] == 0).all()
    assert scene[2, 2, 0] == pytest.approx(grey(START + 11), abs=1)
    assert (scene[25, 30] == 0).all()  # the margin
    assert scene[25, 36, 0] > 50  # where others' frames are hidden, this one is not


def test_a_margin_grows_the_person_on_all_sides_equally() -> None:
    matte = np.zeros((30, 40, 1), np.uint8)
    matte[10:13, 20] = 200
    black = (without_person(np.full((30, 40, 3), 99, np.uint8), matte, 0.1) == 0).all(axis=2)
    rows, columns = np.nonzero(black)
    assert (rows.min(), rows.max()) == (6, 16)  # a tenth of 40
    assert (columns.min(), columns.max()) == (16, 24)
    assert (without_person(matte.repeat(3, 2), None, 0.1) == matte).all()


def test_times_are_those_of_the_source(tmp_path: Path) -> None:
    frames = [np.full((32, 48, 3), 99, np.uint8)] * 6
    times = [0, 0.1, 0.3, 0.4, 0.9, 1.0]
    video = write_frames(tmp_path / "v.mp4", frames, times)
    (clip,) = WriteStage()(clip_of(video, 5, 2), tmp_path)
    pause = clip.values["write.end"] - 0.9
    assert clip.values["write.start"] == pytest.approx(0.3, abs=1e-4)
    assert pause == pytest.approx(float(1 / Fraction(6, 1)), abs=0.05)
    assert "matte" not in clip.files


def test_a_matte_of_another_length_is_a_rejection(tmp_path: Path) -> None:
    clip = replace(a_clip(tmp_path / "work"), stop=STOP - 1)
    (clip,) = WriteStage(WriteConfig())(clip, tmp_path / "work")
    assert clip.rejection is not None
    assert clip.rejection.code == "damaged"
    assert not (tmp_path / "work" / "video.mp4").exists()


def test_every_clip_is_listed_with_what_became_of_it(tmp_path: Path) -> None:
    kept = written(tmp_path / "work")
    unread = Clip(Source("gone.mp4"), Path()).rejected("source", "unreadable", "no such file")
    still = Clip(
        Source("b.mp4"), Path("b.mp4"), 0, 48, {"probe.fps": 24.0, "motion.similarity": 0.9}
    )
    still = still.rejected("motion", "little-motion", "hardly moves", 0.9)
    table = write_dataset([kept, unread, still], tmp_path / "set")
    rows = pq.read_table(tmp_path / "set" / "manifest.parquet").to_pylist()
    assert rows == table.to_pylist()
    assert [row["verdict"] for row in rows] == ["kept", "dropped", "dropped"]
    assert [row["split"] is None for row in rows] == [False, True, True]
    assert (rows[1]["stage"], rows[1]["code"], rows[1]["reason"], rows[1]["end"]) == (
        "source", "unreadable", "no such file", None,
    )  # fmt: skip
    assert (rows[2]["start"], rows[2]["end"], rows[2]["measured"]) == (0.0, 2.0, "0.9")
    assert [row["motion.similarity"] for row in rows] == [None, None, 0.9]
    assert (rows[0]["licence"], rows[0]["source"]) == ("CC0", "walks/film one.mp4")
    assert rows[0]["files"] == ["video.mp4", "matte.mp4", "scene.png", "cameras.txt"]
    assert (rows[0]["start"], rows[0]["end"]) == (START / 24, STOP / 24)
    meta = json.loads((tmp_path / "set" / rows[0]["path"] / "meta.json").read_text())
    assert (meta["source"], meta["frames"]) == ("walks/film one.mp4", [START, STOP])
    assert meta["values"]["write.scene_frame"] == 11


def test_doing_it_again_gives_the_same_and_moves_nothing(tmp_path: Path) -> None:
    clips, out = [written(tmp_path / "work")], tmp_path / "set"
    write_dataset(clips, out)
    video = out / clip_path(clips[0]) / "video.mp4"
    before, inode = (out / "manifest.parquet").read_bytes(), video.stat().st_ino
    write_dataset(clips, out)
    assert (out / "manifest.parquet").read_bytes() == before
    assert video.stat().st_ino == inode
    (video.parent / "video.mp4").unlink()  # somebody deleted a file: it comes back
    write_dataset(clips, out)
    assert video.is_file()


def test_clips_of_an_earlier_run_go_and_nothing_else(tmp_path: Path) -> None:
    one, out = written(tmp_path / "a"), tmp_path / "set"
    other = written(tmp_path / "b", location="other.mp4")
    write_dataset([one, other], out)
    mine = out / "clips" / "mine"
    mine.mkdir()
    write_dataset([one, other.rejected("motion", "little-motion", "now too little")], out)
    assert (out / clip_path(one)).is_dir()
    assert not (out / clip_path(other)).parent.exists()
    assert mine.is_dir()


def test_what_people_said_outlives_another_run(tmp_path: Path) -> None:
    """As ``verify --apply`` writes it: a rejected clip stays without split, a new one is open."""
    good, bad, new = (
        written(tmp_path / word, location=f"{word}.mp4", sha256=word) for word in ("a", "b", "c")
    )
    write_dataset([good, bad], tmp_path / "set")
    manifest = open_manifest(tmp_path / "set")
    tallies = {clip_path(good): Tally(good=2), clip_path(bad): Tally(bad=2)}
    judged = with_outcomes(manifest.table, tallies, Rule(2, 3), only_accepted=True)
    replace(manifest, table=judged).save()

    assert write_dataset([good, bad], tmp_path / "set") == judged
    table = write_dataset([good, bad, new], tmp_path / "set")
    assert table["people_verdict"].to_pylist() == ["accepted", "rejected", "open"]
    assert table["split"].to_pylist() == ["train", None, None]
    assert table["votes_bad"].to_pylist() == [0, 2, 0]
    later = with_outcomes(table, {clip_path(bad): Tally(good=3)}, Rule(2, 3))
    assert later["split"].to_pylist() == ["train"] * 3
    lost = bad.rejected("matte", "flickers", "for another reason")
    table = write_dataset([good, lost, new], tmp_path / "set")
    assert table["people_verdict"].to_pylist() == ["accepted", None, "open"]
    assert table["reason"].to_pylist()[1] == "for another reason"


@pytest.mark.parametrize(
    "text", [b"{", b'{"rule": 2}', b'{"rule": "2/3"}', b'{"rule": "3/2", "only_accepted": true}']
)
def test_a_damaged_rule_of_votes_is_one_line(tmp_path: Path, text: bytes) -> None:
    clip = written(tmp_path / "a", location="a.mp4", sha256="a")
    write_dataset([clip], tmp_path / "set")
    manifest = open_manifest(tmp_path / "set")
    judged = with_outcomes(manifest.table, {}, Rule(2, 3))
    damaged = judged.replace_schema_metadata({b"dynascene.votes": text})
    replace(manifest, table=damaged).save()
    with pytest.raises(InputError, match=r"manifest\.parquet: the rule of its votes"):
        write_dataset([clip], tmp_path / "set")


def test_a_manifest_that_is_none_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "manifest.parquet").write_text("notes")
    with pytest.raises(InputError, match=r"manifest\.parquet: cannot be read"):
        write_dataset([], tmp_path)
    assert (tmp_path / "manifest.parquet").read_text() == "notes"


def test_the_same_bytes_are_in_one_split_and_a_source_is_never_divided() -> None:
    def clip(location: str, sha256: str | None, start: int) -> Clip:
        return Clip(Source(location, None, sha256), Path("v"), start, start + 9)

    clips = [clip(f"{n}.mp4", f"{n % 50:064x}", 10 * k) for n in range(100) for k in range(3)]
    table = manifest_table(clips, {"train": 1, "val": 1, "test": 1})
    sides: dict[str, set[str]] = {}
    for row in table.to_pylist():
        sides.setdefault(row["sha256"], set()).add(row["split"])
    assert all(len(found) == 1 for found in sides.values())
    assert {split for found in sides.values() for split in found} == {"train", "val", "test"}
    few = manifest_table(clips[:1], PAPER_SHARES, seed=0).to_pylist()
    assert few[0]["split"] == "train"
    assert len(set(table.column("clip").to_pylist())) == len(clips)


def test_a_source_with_a_strange_name_stays_in_the_folder() -> None:
    for location in ("../../etc/passwd", "..", "a/../..mp4", "https://x/ü ö?.mp4?token=1", "/"):
        path = clip_path(Clip(Source(location), Path("v"), 0, 5))
        assert ".." not in Path(path).parts
        assert Path(path).parts[0] == "clips"
        assert len(Path(path).parts) == 3


@pytest.mark.parametrize("name", ["manifest.parquet", "README.md", "funnel.png"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_any_work(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "set" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=f"its {name} is a folder, and a file is to be written"):
        check_dataset_folder(tmp_path / "set")
