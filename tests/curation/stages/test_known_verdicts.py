"""Fifty broken videos are each named with a reason; a juggler before a tripod is found out."""

import shutil
from pathlib import Path

import pytest
from known_clips import MIN_HEIGHT, write_broken_clips
from moving_pictures import clip_of

from dynascene.curation.stages.motion import MotionStage
from dynascene.curation.stages.person import PersonConfig, PersonStage
from dynascene.curation.stages.probe import ProbeConfig, ProbeStage
from dynascene.curation.stages.shots import ShotsStage
from dynascene.io.video import open_video
from dynascene.io.video_writing import H264Writer
from dynascene.types import Size

pytest.importorskip("scenedetect")

DATA = Path(__file__).parents[3].parent / "shared" / "data"
JUGGLER = DATA / "people" / "static_camera_juggle.mp4"
NETWORK = DATA / "weights" / "fastestdet" / "FastestDet.onnx"
LEFT, TOP, RIGHT, BOTTOM = (
    560,
    0,
    1008,
    440,
)  # of the juggler's picture, 1280×720: him from close by


@pytest.mark.long
def test_fifty_broken_videos_are_all_named(tmp_path: Path) -> None:
    answers = write_broken_clips(tmp_path / "broken")
    assert len(answers) == 50
    codes: dict[str, set[str]] = {}
    for name, answer in answers.items():
        (clip,) = ProbeStage(ProbeConfig(min_height=MIN_HEIGHT))(
            clip_of(tmp_path / "broken" / name), tmp_path
        )
        for dropped in ShotsStage()(clip, tmp_path) if clip.is_kept else [clip]:
            assert dropped.rejection is not None, name
            assert dropped.rejection.reason
            codes.setdefault(answer.kind, set()).add(dropped.rejection.code)
    assert codes["empty"] == {"empty"}
    assert codes["renamed"] == {"wrong-ending"}
    assert codes["text"] == codes["picture"] == {"not-a-video"}
    assert codes["flipped"] == codes["cut-middle"] == {"damaged"}


@pytest.mark.long
@pytest.mark.skipif(not (JUGGLER.exists() and NETWORK.exists()), reason="the clip is not here")
@pytest.mark.parametrize(("close", "code"), [(False, "little-motion"), (True, "static-background")])
def test_a_real_juggler_before_a_tripod_is_dropped_close_by_for_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, close: bool, code: str
) -> None:
    """From afar Eq. 3 drops him; from close by he passes it, and the trees behind him tell."""
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    (tmp_path / "weights/fastestdet").mkdir(parents=True)
    shutil.copy(NETWORK, tmp_path / "weights/fastestdet")
    path, film = JUGGLER, open_video(JUGGLER)
    if close:
        path = tmp_path / "close.mp4"
        with H264Writer(path, Size(RIGHT - LEFT, BOTTOM - TOP), film.frame_rate) as writer:
            for frame in film.read():
                writer.write(frame[TOP:BOTTOM, LEFT:RIGHT].copy())
    (seen,) = PersonStage(PersonConfig("fastestdet"))(clip_of(path, len(film)), tmp_path)
    (clip,) = MotionStage()(seen, tmp_path)
    assert clip.rejection is not None
    assert clip.rejection.code == code
    assert (float(clip.values["motion.similarity"] or 0) < 0.8) is close
    assert float(clip.values["motion.background"] or 0) > 0.99
