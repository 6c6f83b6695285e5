import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filmed_data import SIZE, mattes, numbered, numbers_of, track, write_clip_folder, write_video
from torch.utils.data import DataLoader

from dynascene.datasets.filmed import filmed_clips
from dynascene.datasets.filmed.broken import BrokenClips
from dynascene.datasets.filmed.clip import FilmedClip
from dynascene.datasets.filmed.filmed_clips import FilmedClips
from dynascene.datasets.filmed.survey import write_manifest
from dynascene.errors import InputError
from dynascene.io.cameras import write_cameras
from dynascene.types import Size

COUNT, DRAWN = 8, 7
RED = np.array([1, 0, 0], np.uint8)


def cut_short(clip: Path) -> None:
    whole = (clip / "video.mp4").read_bytes()
    (clip / "video.mp4").write_bytes(whole[: len(whole) * 2 // 3])


def cameras_of(count: int) -> Callable[[Path], None]:
    return lambda clip: write_cameras(track(count), clip / "cameras.txt")


def not_a_number(clip: Path) -> None:
    text = (clip / "cameras.txt").read_text().splitlines()
    text[3] = text[3].rpartition(" ")[0] + " nan"
    (clip / "cameras.txt").write_text("\n".join(text))


def small_matte(clip: Path) -> None:
    write_video(clip / "matte.mp4", mattes(COUNT, Size(32, 24)))


def wide_cameras(clip: Path) -> None:
    (clip / "cameras.txt").unlink()
    write_cameras(track(COUNT, Size(96, 48)), clip / "cameras.json")


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (cut_short, r"video.mp4|frames that can be read"),
    "empty": (lambda clip: (clip / "video.mp4").write_bytes(b""), "the file is empty"),
    "no video": (lambda clip: (clip / "video.mp4").unlink(), "holds no video.mp4"),
    "no folder": (shutil.rmtree, "no such file or folder"),
    "another video": (
        lambda c: write_video(c / "video.mp4", numbered(5)),
        "the person's video has 5",
    ),
    "no matte": (lambda clip: (clip / "matte.mp4").unlink(), "has no matte.mp4"),
    "small matte": (small_matte, "the matte is 32x24 and the person's video is 64x48"),
    "short matte": (lambda c: write_video(c / "matte.mp4", mattes(5)), "the matte has 5 frames"),
    "coloured matte": (
        lambda c: write_video(c / "matte.mp4", numbered(COUNT) * RED),
        "the matte is in colour",
    ),
    "few cameras": (cameras_of(5), "holds 5 cameras, and video.mp4 has 8 frames"),
    "no cameras": (lambda clip: (clip / "cameras.txt").unlink(), "has no cameras.txt"),
    "not a number": (not_a_number, r"cameras.txt:4: nan is not a finite number"),
    "no camera file": (lambda c: (c / "cameras.txt").write_text("hello"), "cameras.txt"),
    "cameras of another shape": (wide_cameras, "for frames of 96x48, and the video is 64x48"),
    "no JSON": (
        lambda clip: (clip / "meta.json").write_text("{"),
        "meta.json:1: is not valid JSON",
    ),
    "travel of text": (
        lambda clip: (clip / "meta.json").write_text('{"values": {"camera.travel": "far"}}'),
        "camera.travel is 'far'; it must be a length",
    ),
    "meta of text": (lambda clip: (clip / "meta.json").write_text('"x"'), "expected an object"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip_folder(tmp_path_factory.mktemp("template") / "clip", COUNT)


@pytest.fixture
def folder(tmp_path: Path, template: Path) -> Path:
    """Three clips and their manifest, all in train."""
    for k in range(3):
        shutil.copytree(template, tmp_path / f"c{k}")
    write_manifest(tmp_path, shares={"train": 1})
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_clip_is_named_once_and_replaced(
    folder: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage, reason = KINDS[kind]
    sound = FilmedClips(folder, size=SIZE, length=4)
    before = [sound[k] for k in range(DRAWN)]
    damage(folder / "c1")
    files = sorted(p.relative_to(folder) for p in folder.rglob("*"))
    clips = FilmedClips(folder, size=SIZE, length=4)
    clear_cache()
    caplog.set_level(logging.WARNING, "dynascene.datasets")
    caplog.clear()
    after = [clips[k] for k in range(DRAWN)]

    assert clips.broken.names == ["c1"]
    assert (clips.broken.tried, clips.broken.share) == (3, pytest.approx(1 / 3))
    said = [r.getMessage() for r in caplog.records if r.name.startswith("dynascene.datasets")]
    assert len(said) == 1
    assert said[0].startswith("clip c1 is left out: ")
    assert "\n" not in said[0]
    assert list(clips.broken.reasons) == ["c1"]
    assert re.search(reason, clips.broken.reasons["c1"])
    for old, new in zip(before, after, strict=True):
        assert new.name in ("c0", "c2")
        if old.name != "c1":  # the others are drawn as ever
            assert old.name == new.name
            assert torch.equal(old.video, new.video)
    assert sorted(p.relative_to(folder) for p in folder.rglob("*")) == files


def clear_cache() -> None:
    """As in a process that has not opened any clip yet."""
    filmed_clips._open_clip.cache_clear()


def test_replacements_are_always_the_same(folder: Path) -> None:
    cut_short(folder / "c1")
    clear_cache()
    forward, backward = (FilmedClips(folder, size=SIZE, length=4) for _ in range(2))
    names = [forward[k].name for k in range(12)]
    assert names == [backward[k].name for k in reversed(range(12))][::-1]


def test_a_survey_lists_broken_clips_without_a_split(tmp_path: Path, template: Path) -> None:
    for k in range(3):
        shutil.copytree(template, tmp_path / f"c{k}")
    not_a_number(tmp_path / "c1")
    manifest = write_manifest(tmp_path, shares={"train": 1})
    assert [manifest[k].split for k in range(3)] == ["train", None, "train"]
    assert "nan is not a finite number" in str(manifest[1].reason)
    assert FilmedClips(tmp_path, size=SIZE, length=4).clips.names == ["c0", "c2"]


def test_clips_that_other_processes_found_broken_end_the_search(folder: Path) -> None:
    clips = FilmedClips(folder, size=SIZE, length=4)
    for number in range(3):
        clips.broken.report(number, "found by a neighbour")
    with pytest.raises(InputError, match="3 of the 3 clips seen cannot be read"):
        clips[0]


def test_all_clips_broken(folder: Path) -> None:
    for k in range(3):
        cut_short(folder / f"c{k}")
    clear_cache()
    clips = FilmedClips(folder, size=SIZE, length=4)
    with pytest.raises(
        InputError, match=r"3 of the 3 clips seen cannot be read.*c0 \(.*c1 \("
    ) as e:
        clips[0]
    assert "\n" not in str(e.value)


def ledger(broken: int, seen: int, total: int = 1000) -> BrokenClips:
    result = BrokenClips([f"clip{k}" for k in range(total)])
    for number in range(seen - broken):
        result.mark_sound(broken + number)
    for number in range(broken):
        result.report(number, "is damaged")
    return result


@pytest.mark.parametrize(
    ("broken", "seen", "stops"),
    [(0, 100, False), (1, 1, False), (18, 19, False), (1, 20, False), (2, 20, True),
     (5, 100, False), (6, 100, True)],
)  # fmt: skip
def test_more_than_five_percent_of_twenty_or_more_stop_the_run(
    broken: int, seen: int, stops: bool
) -> None:
    found = ledger(broken, seen)
    assert (found.tried, len(found.names)) == (seen, broken)
    if not stops:
        found.check()
        return
    with pytest.raises(InputError, match=rf"^{broken} of the {seen} clips seen.*more than 5%") as e:
        found.check()
    assert "clip0 (is damaged)" in str(e.value)
    assert ("and 3 more" in str(e.value)) == (broken == 6)


def test_a_run_over_many_broken_clips_stops(tmp_path: Path, template: Path) -> None:
    for k in range(25):
        shutil.copytree(template, tmp_path / f"c{k:02}")
    write_manifest(tmp_path, shares={"train": 1})
    for k in range(3):
        (tmp_path / f"c{k:02}" / "video.mp4").write_bytes(b"")
    clear_cache()
    clips = FilmedClips(tmp_path, size=SIZE, length=1)
    with pytest.raises(InputError, match=r"clips seen cannot be read, more than 5%: c0"):
        list(map(clips.__getitem__, range(500)))
    assert clips.broken.tried >= 20
    assert clips.broken.names


def test_ledgers_merge() -> None:
    one, other = ledger(0, 10, 30), BrokenClips([f"clip{k}" for k in range(30)])
    other.report(20, "is damaged")
    other.report(3, "was damaged for the other only")
    other.mark_sound(21)
    one.merge(other)
    assert one.names == ["clip3", "clip20"]
    assert one.tried == 12
    assert one.reasons["clip20"] == "is damaged"
    with pytest.raises(InputError, match="different data sets"):
        one.merge(BrokenClips(["x"]))


def name_and_frames(samples: list[FilmedClip]) -> tuple[str, list[int]]:
    return samples[0].name, numbers_of(samples[0].video)


@pytest.mark.parametrize(("context", "workers"), [("fork", 2), ("spawn", 1)])
def test_worker_processes_share_the_ledger(folder: Path, context: str, workers: int) -> None:
    cut_short(folder / "c1")
    clear_cache()
    alone = FilmedClips(folder, size=SIZE, length=4)
    expected = [name_and_frames([alone[k]]) for k in range(12)]
    clips = FilmedClips(folder, size=SIZE, length=4)
    loader = DataLoader(
        clips,
        batch_size=1,
        sampler=range(12),
        num_workers=workers,
        collate_fn=name_and_frames,
        multiprocessing_context=context,
    )
    assert list(loader) == expected
    assert clips.broken.names == ["c1"]
    assert clips.broken.tried == 3
    for k in (0, 2):
        clips.broken.report(k, "is damaged as well")
    with pytest.raises(InputError, match=r"3 of the 3 clips.*c1 \(see the log\)"):
        clips.broken.check()
