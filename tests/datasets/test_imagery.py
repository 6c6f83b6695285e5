"""Folders of training imagery."""

from pathlib import Path

import pytest

from dynascene.datasets.imagery import (
    check_split,
    load_picture,
    read_manifest,
    training_folder,
    training_folders,
)
from dynascene.errors import InputError
from dynascene.synthetic.places.library import Library


def folder_with(path: Path, *rows: str, head: str = "path\tcategory\tsplit") -> Path:
    (path / "MANIFEST.tsv").write_text("\n".join([head, *rows]) + "\n")
    return path


def test_a_manifest_may_begin_with_an_editors_mark(tmp_path: Path) -> None:
    manifest = folder_with(tmp_path, "a.png\tphoto\tval") / "MANIFEST.tsv"
    manifest.write_bytes(b"\xef\xbb\xbf" + manifest.read_bytes())
    assert [record.split for record in read_manifest(tmp_path)] == ["val"]


def test_several_folders_are_read_one_after_the_other(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("DYNASCENE_TRAINING_DATA", raising=False)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        folder_with(folder, f"{folder.name}.png\tphoto\ttest")
    assert Library("test", 24, folders).names("photo") == ["a.png", "b.png"]
    assert Library("test", 24, folders[1]).names("photo") == ["b.png"]
    assert training_folders(()) == training_folders(None) == []
    with pytest.raises(InputError, match="none: has no MANIFEST"):
        training_folders([folders[0], tmp_path / "none"])


def test_bad_folders_are_refused_in_one_line(tmp_path: Path) -> None:
    latin = tmp_path / "latin"
    latin.mkdir()
    (latin / "MANIFEST.tsv").write_bytes("path\tcategory\tsplit\nMünchen.jpg".encode("latin-1"))
    cases = [
        (lambda: training_folder(tmp_path / "none"), "MANIFEST.tsv"),
        (lambda: read_manifest(folder_with(tmp_path, head="path\tsplit")), "column 'category'"),
        (lambda: read_manifest(folder_with(tmp_path, "a\tphoto\tdev")), "line 2: split 'dev'"),
        (
            lambda: read_manifest(folder_with(tmp_path, *["a\tphoto\ttrain"] * 2)),
            "line 3: a is listed twice",
        ),
        (lambda: read_manifest(tmp_path / "gone"), "no such file"),
        (lambda: read_manifest(latin), "is not a text file"),
        (lambda: check_split("dev"), "split 'dev' is unknown"),
        (lambda: load_picture(tmp_path / "gone.jpg", 10), "no such file"),
    ]
    for call, message in cases:
        with pytest.raises(InputError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)
