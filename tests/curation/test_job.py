"""A curation run through Python, without the command line."""

import contextlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from panned_footage import write_pan

from dynascene.curation.engine.choice import InProcess, LocalRay, RayCluster, start_engine
from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.progress import RunProgress
from dynascene.curation.job import CurationRequest, curate, release_dataset
from dynascene.curation.output.manifest import read_manifest
from dynascene.curation.output.release import read_release
from dynascene.curation.plan import CurationOptions, full_plan
from dynascene.curation.stages.motion import MotionConfig, MotionStage
from dynascene.curation.votes.store import open_votes
from dynascene.errors import InputError

OPTIONS = CurationOptions(min_height=90, person_detector="none")


@pytest.fixture
def request_of_footage(cheap_stages: None, footage: Path, tmp_path: Path) -> CurationRequest:
    release = tmp_path / "release.parquet"
    return CurationRequest(
        sources=[footage],
        out=tmp_path / "set",
        options=OPTIONS,
        engine=InProcess(),
        release=release,
    )


class ProgressKeeper:
    """Keeps the progress of the last run."""

    progress: RunProgress

    @contextlib.contextmanager
    def watching(self, progress: RunProgress) -> Generator[None]:
        self.progress = progress
        yield


def test_a_run_returns_what_it_wrote(request_of_footage: CurationRequest) -> None:
    result = curate(request_of_footage)
    assert (result.videos, result.clips_kept, result.removed_by_people, result.links) == (
        3,
        1,
        0,
        None,
    )
    assert read_manifest(result.dataset).equals(result.manifest)
    assert [verdict == "kept" for verdict in result.manifest.column("verdict").to_pylist()] == [
        True,
        False,
        False,
    ]
    assert (result.dataset / "README.md").is_file()
    assert result.release is not None
    assert (result.release.clips, result.release.clips_used, result.release.outcomes) == (
        3,
        1,
        None,
    )
    assert len(read_release(result.release.path)) == 3


def test_a_second_run_finds_the_work_of_the_first(request_of_footage: CurationRequest) -> None:
    keeper = ProgressKeeper()
    first = curate(request_of_footage, keeper)
    assert sum(count.clips_computed for count in keeper.progress.counts.values()) > 0
    second = curate(request_of_footage, keeper)
    assert all(count.clips_computed == 0 for count in keeper.progress.counts.values())
    assert second.manifest.equals(first.manifest)


def test_work_may_lie_outside_the_data_set(
    request_of_footage: CurationRequest, tmp_path: Path
) -> None:
    curate(replace(request_of_footage, work=tmp_path / "work"))
    assert list((tmp_path / "work" / "results").glob("??/*/result.json"))
    assert not (request_of_footage.out / ".work").exists()


def test_a_release_of_a_data_set_as_it_stands_names_votes_that_it_lacks(
    request_of_footage: CurationRequest, tmp_path: Path
) -> None:
    result = curate(request_of_footage)
    summary = release_dataset(result.dataset, tmp_path / "again.parquet")
    assert (summary.clips_used, summary.pending) == (1, 0)
    assert request_of_footage.release is not None
    assert summary.path.read_bytes() == request_of_footage.release.read_bytes()
    open_votes(result.dataset / "votes.sqlite").vote(result.manifest["clip"][0].as_py(), "A", "bad")
    assert release_dataset(result.dataset, summary.path).pending == 1


def test_a_release_is_rebuilt_from_the_videos_that_are_left(
    request_of_footage: CurationRequest, footage: Path, tmp_path: Path
) -> None:
    write_pan(footage / "other.mp4", 4, seed=1)
    first = curate(request_of_footage)
    (footage / "other.mp4").unlink()
    again = replace(
        request_of_footage,
        out=tmp_path / "again",
        release=None,
        from_release=request_of_footage.release,
    )
    result = curate(again)
    assert (first.clips_kept, result.clips_kept, result.links) == (
        2,
        1,
        {"readable": 1, "missing": 1},
    )


def test_nothing_is_begun_that_could_not_be_finished(
    request_of_footage: CurationRequest, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="name a video, a folder or a list"):
        curate(replace(request_of_footage, sources=()))
    with pytest.raises(InputError, match="is a folder"):
        curate(replace(request_of_footage, release=tmp_path))
    with pytest.raises(InputError, match="is no data set"):
        release_dataset(tmp_path / "nothing", tmp_path / "r.parquet")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("mine")
    with pytest.raises(InputError, match="no data set; name a new folder"):
        curate(replace(request_of_footage, out=tmp_path / "notes"))
    assert not request_of_footage.out.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"min_height": -1},
        {"shortest": float("inf")},
        {"longest": 0.5},
        {"most_similar": 0.0},
        {"most_similar_background": 1.5},
    ],
)
def test_options_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be"):
        replace(OPTIONS, **change)  # ty: ignore[invalid-argument-type]


def test_the_engine_is_chosen_by_its_type() -> None:
    with start_engine(InProcess()) as engine:
        assert isinstance(engine, Loop)
    with pytest.raises(InputError, match="must be 1 or more"):
        LocalRay(0)
    pytest.importorskip("ray")
    with (
        pytest.raises(InputError, match="no Ray cluster answers"),
        start_engine(RayCluster("127.0.0.1:1")),
    ):
        pass


def test_both_measures_of_motion_can_be_set(cheap_stages: None, tmp_path: Path) -> None:
    def config(options: CurationOptions) -> MotionConfig:
        looks = full_plan(options, tmp_path).looks
        (stage,) = (stage for stage in looks if isinstance(stage, MotionStage))
        return stage.config

    assert config(OPTIONS) == MotionConfig()
    options = replace(OPTIONS, most_similar=0.7, most_similar_background=0.9)
    assert config(options) == MotionConfig(most=0.7, background=0.9)
