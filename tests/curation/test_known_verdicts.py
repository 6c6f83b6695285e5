"""Fifty broken videos: each is named with a reason, and none raises."""

from pathlib import Path

import pytest
from known_clips import MIN_HEIGHT, write_broken_clips
from moving_pictures import clip_of

from dynascene.curation.probe import Probe, ProbeConfig
from dynascene.curation.shots import Shots

pytest.importorskip("scenedetect")


@pytest.mark.long
def test_fifty_broken_videos_are_all_named(tmp_path: Path) -> None:
    answers = write_broken_clips(tmp_path / "broken")
    assert len(answers) == 50
    codes: dict[str, set[str]] = {}
    for name, answer in answers.items():
        (clip,) = Probe(ProbeConfig(min_height=MIN_HEIGHT))(
            clip_of(tmp_path / "broken" / name), tmp_path
        )
        for dropped in Shots()(clip, tmp_path) if clip.kept else [clip]:
            assert dropped.rejection is not None, name
            assert dropped.rejection.reason
            codes.setdefault(answer.kind, set()).add(dropped.rejection.code)
    assert codes["empty"] == {"empty"}
    assert codes["renamed"] == {"wrong-ending"}
    assert codes["text"] == codes["picture"] == {"not-a-video"}
    assert codes["flipped"] == codes["cut-middle"] == {"damaged"}
