"""Work is found again under exactly what it was made from, whole or not at all."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from tiny_stages import Length, Shots

from dynascene.curation.clip import Clip, Source
from dynascene.curation.engine.store import (
    Item,
    Store,
    first_key,
    item_from_text,
    key_of,
    text_of_item,
)
from dynascene.errors import InputError

CLIP = Clip(Source("a.mp4", "CC0", "ab"), Path("a.mp4"), 3, 9, {"probe.fps": 0.1 + 0.2})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "work")


def test_the_key_changes_with_all_that_the_result_depends_on_and_with_nothing_else() -> None:
    before = first_key("00ff", ".MP4")
    keys = {
        key_of(Length(5), before),
        key_of(Length(6), before),
        key_of(Length(5, version=2), before),
        key_of(Shots(5), before),
        key_of(Length(5), first_key("00fe", ".mp4")),
        key_of(Length(5), first_key("00ff", ".txt")),
    }
    assert len(keys) == 6
    assert key_of(Length(5, seconds=9.0, processors=3.0), first_key("00ff", ".mp4")) in keys


def test_a_config_of_dataclasses_and_paths_has_a_key_and_an_object_has_none() -> None:
    @dataclass(frozen=True)
    class Config:
        weights: Path
        share: float

    keys = {key_of(Length(Config(Path(p), s)), "k") for p in "ab" for s in (0.1, 0.2)}
    assert len(keys) == 4
    with pytest.raises(TypeError, match="cannot be stored"):
        key_of(Length(object()), "k")


def test_an_item_survives_the_journey_to_a_worker_exactly() -> None:
    values = {"a.b": 0.1 + 0.2, "a.n": None, "a.s": "é\n", "a.t": True, "a.big": 2**60}
    clip = replace(CLIP, values=values).with_files(m="x/y").rejected("a", "c", "why", 1e-300)
    item = Item("k", clip)
    assert item_from_text(text_of_item(item)) == item


def test_a_result_comes_back_as_it_was_made_with_its_files(store: Store) -> None:
    def work(folder: Path) -> list[Clip]:
        (folder / "a.txt").write_text("one")
        measured: dict[str, Any] = {"x": np.float64(1 / 3), "n": np.int64(7)}
        seen = CLIP.with_values("s", **measured).with_files(text="a.txt")
        return [seen, CLIP.rejected("s", "c", "why", 0.5)]

    item = Item("k", CLIP)
    assert store.find("c0ffee", item) is None
    made = store.make("c0ffee", item, work)
    assert store.find("c0ffee", item) == made
    assert [i.key for i in made] == ["c0ffee/0", "c0ffee/1"]
    assert made[0].clip.values == {**CLIP.values, "s.x": 1 / 3, "s.n": 7}
    assert store.path(made[0].clip.files["text"]).read_text() == "one"
    assert made[1].clip.rejection is not None
    assert not any(store.new.iterdir())


def test_the_next_stage_reads_the_files_of_the_one_before_from_its_own_folder(
    store: Store,
) -> None:
    def first(folder: Path) -> list[Clip]:
        (folder / "a.txt").write_text("one")
        return [CLIP.with_files(text="a.txt")]

    def second(folder: Path) -> list[Clip]:
        clip = before.clip
        (folder / "a.txt").write_text((folder / clip.files["text"]).read_text() + " two")
        return [clip.with_files(more="a.txt")]

    (before,) = store.make("aa11", Item("k", CLIP), first)
    (after,) = store.make("bb22", before, second)
    texts = {role: store.path(name).read_text() for role, name in after.clip.files.items()}
    assert texts == {"text": "one", "more": "one two"}
    inside = store.folder("bb22") / after.clip.files["text"]
    assert inside.read_text() == "one"


def test_the_same_bytes_under_two_names_share_their_result(store: Store) -> None:
    store.make("aa", Item("k", CLIP), lambda _: [CLIP.with_values("s", x=1)])
    other = replace(CLIP, source=Source("b.mp4"), video=Path("b.mp4"))
    (found,) = store.find("aa", Item("k", other)) or []
    assert found.clip == other.with_values("s", x=1)


def test_work_that_raises_leaves_nothing(store: Store) -> None:
    def work(folder: Path) -> list[Clip]:
        (folder / "half.txt").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.make("aa", Item("k", CLIP), work)
    assert store.find("aa", Item("k", CLIP)) is None
    assert not any(store.new.iterdir())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", "2147483648"), ("start", "-1"), ("stop", "1e300"), ("stop", "true"),
        ("stop", "1" + "0" * 30), ("values", '{"x": 1e300}'), ("values", '{"x": -Infinity}'),
        ("values", '{"x": [1]}'), ("values", '{"x": 1' + "0" * 400 + "}"), ("values", "[]"),
        ("files", '{"text": 5}'), ("rejection", '{"stage": "s", "code": "c", "reason": 7}'),
        ("rejection", '{"stage": "s", "code": "c", "reason": "r", "measured": 1e200}'),
    ],
)  # fmt: skip
def test_a_number_out_of_range_counts_as_damage(store: Store, field: str, value: str) -> None:
    """A start beyond the video's end once made a picture of billions of hours."""
    item = Item("k", CLIP)
    made = store.make("aa", item, lambda _: [CLIP.with_values("s", x=float("nan"))])
    result = store.folder("aa") / "result.json"
    document = json.loads(result.read_text())[0]
    assert store.find("aa", item) is not None, "what was not measured is no damage"
    texts = {name: json.dumps(each) for name, each in document.items()} | {field: value}
    result.write_text("[{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}]")
    assert store.find("aa", item) is None
    again = store.make("aa", item, lambda _: [CLIP.with_values("s", x=1.0)])
    assert again[0].clip.stop == made[0].clip.stop


@pytest.mark.parametrize("damage", ["cut", "empty", "files a list", "file gone", "result gone"])
def test_a_damaged_result_counts_as_none_and_is_made_anew(store: Store, damage: str) -> None:
    def work(folder: Path) -> list[Clip]:
        (folder / "a.txt").write_text("one")
        return [CLIP.with_files(text="a.txt")]

    made = store.make("aa", Item("k", CLIP), work)
    result = store.folder("aa") / "result.json"
    if damage == "cut":
        result.write_bytes(result.read_bytes()[:-9])
    elif damage == "empty":
        result.write_text("")
    elif damage == "files a list":
        (document,) = json.loads(result.read_text())
        result.write_text(json.dumps([document | {"files": ["a.txt"]}]))
    else:
        (result if damage == "result gone" else store.folder("aa") / "a.txt").unlink()
    assert store.find("aa", Item("k", CLIP)) is None
    assert store.make("aa", Item("k", CLIP), work) == made


def test_of_two_who_finish_the_same_the_first_stands(store: Store) -> None:
    item = Item("k", CLIP)

    def slow(folder: Path) -> list[Clip]:
        store.make("aa", item, lambda _: [CLIP.with_values("s", who="quick")])
        return [CLIP.with_values("s", who="slow")]

    (made,) = store.make("aa", item, slow)
    assert made.clip.values["s.who"] == "quick"


def test_a_stage_must_return_a_clip_and_write_what_it_names(store: Store) -> None:
    with pytest.raises(ValueError, match="no clip"):
        store.make("aa", Item("k", CLIP), lambda _: [])
    with pytest.raises(FileNotFoundError, match="did not write"):
        store.make("aa", Item("k", CLIP), lambda _: [CLIP.with_files(m="m.mp4")])
    assert not store.folder("aa").exists()


def test_one_run_at_a_time_and_half_done_work_of_a_killed_one_is_removed(store: Store) -> None:
    (store.new / "half").mkdir(parents=True)
    with store.owned():
        assert not store.new.exists()
        with pytest.raises(InputError, match="another run is using it"), store.owned():
            pass
    with store.owned():
        pass


def test_a_run_begins_when_the_processes_of_a_killed_one_are_out_of_its_folder(
    store: Store,
) -> None:
    """Else one of them might keep, as a result, that its folder was taken from it."""
    begun, ended, seen = Event(), Event(), []

    def orphan(folder: Path) -> list[Clip]:
        begun.set()
        ended.wait(120)
        (folder / "m.mp4").write_text("whole")
        return [CLIP.with_files(m="m.mp4")]

    def new_run() -> None:
        with store.owned():
            seen.append(store.find("aa", Item("k", CLIP)))

    threads = [Thread(target=store.make, args=("aa", Item("k", CLIP), orphan))]
    threads.append(Thread(target=new_run))
    threads[0].start()
    assert begun.wait(120)
    threads[1].start()
    threads[1].join(0.2)
    assert not seen
    ended.set()
    for thread in threads:
        thread.join(120)
    assert seen[0]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), Store(tmp_path / "file/x").owned():
        pass


def test_results_are_readable_documents(store: Store) -> None:
    store.make("aa", Item("k", CLIP), lambda _: [CLIP])
    assert json.loads((store.folder("aa") / "result.json").read_text())[0]["stop"] == 9
