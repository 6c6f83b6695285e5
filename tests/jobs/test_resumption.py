"""What is whole outlives a run that fails; what is half-written does not."""

from pathlib import Path

import pytest

from dynascene.errors import InputError
from dynascene.jobs.log import Log
from dynascene.jobs.result_folder import result_folder
from dynascene.jobs.resumption import keep_partial_results


def find_and_stop(out: Path, error: BaseException, *found: str) -> None:
    with (
        result_folder(out, shared="footage") as folder,
        keep_partial_results(folder, out, "footage", [], Log(), lambda place: f"in {place}"),
    ):
        for name in found:
            (folder / "footage" / name).mkdir(parents=True)
        raise error


def test_a_defect_keeps_it_and_stays_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        find_and_stop(tmp_path / "out", ZeroDivisionError("ours"), "matte")
    assert (tmp_path / "out" / "footage" / "matte").is_dir()


@pytest.mark.parametrize("error", [InputError("no"), KeyboardInterrupt("no"), SystemExit("no")])
@pytest.mark.parametrize("found", [(), ("",), (".matte.0a1b.tmp",)])
def test_where_nothing_whole_was_found_nothing_is_kept(
    error: BaseException, found: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(type(error), match=r"^no$"):
        find_and_stop(tmp_path / "out", error, *found)
    assert list(tmp_path.iterdir()) == []


def test_what_is_whole_is_kept_without_the_half_written_beside_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        find_and_stop(tmp_path / "out", KeyboardInterrupt(), "matte", ".scene-depth.npy.0a1b.tmp")
    assert [p.name for p in (tmp_path / "out" / "footage").iterdir()] == ["matte"]


def test_the_hint_follows_the_reason(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match=rf"^no; in {out / 'footage'}$"):
        find_and_stop(out, InputError("no"), "matte")
