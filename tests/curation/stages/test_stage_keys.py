"""Finished work of earlier versions is found again: names in configs are part of its keys."""

from pathlib import Path

import pytest

from dynascene.curation.engine.store import key_of
from dynascene.curation.stages.camera import CameraStage
from dynascene.curation.stages.duplicates import FingerprintStage
from dynascene.curation.stages.matte import MatteConfig, MatteStage
from dynascene.curation.stages.motion import MotionStage
from dynascene.curation.stages.person import PersonConfig, PersonStage
from dynascene.curation.stages.probe import ProbeStage
from dynascene.curation.stages.protocol import ClipStage
from dynascene.curation.stages.recorded import RecordedConfig, RecordedStage
from dynascene.curation.stages.shots import ShotsStage
from dynascene.curation.stages.write import WriteStage

# a stage that computes something else gets another version, and so another key here
KEYS: list[tuple[ClipStage, str]] = [
    (ProbeStage(), "70d68e89b9d9b644"),
    (ShotsStage(), "89590bb944be075c"),
    (PersonStage(PersonConfig("fastestdet")), "13a742c72db5e184"),
    (MotionStage(), "770d2dbec11fe245"),
    (MatteStage(MatteConfig("selfie", "fastestdet")), "4e75e7c1537a5ebe"),
    (CameraStage(), "b204172674804f4a"),
    (FingerprintStage(), "181fe9c7ce144f8b"),
    (WriteStage(), "0daeff64f3177a16"),
    (RecordedStage(Path(), RecordedConfig("0")), "e830235b8fcf0265"),
]


@pytest.mark.parametrize(("stage", "key"), KEYS, ids=[stage.name for stage, _ in KEYS])
def test_the_key_of_each_stage_is_what_it_was(stage: ClipStage, key: str) -> None:
    assert key_of(stage, "").startswith(key)
