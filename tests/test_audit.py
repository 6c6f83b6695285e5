"""The licences of the installed packages, and what pip-audit's answer means."""

import json
import runpy
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "audit.py"
audit = runpy.run_path(str(TOOL), run_name="audit")


class Package(Distribution):
    """A package with such lines in its metadata."""

    def __init__(self, *lines: str) -> None:
        self.text = "\n".join(["Metadata-Version: 2.4", "Name: made", "Version: 1", *lines])

    def read_text(self, filename: str) -> str | None:
        return self.text if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize(
    "licence",
    [
        "MIT", "Apache-2.0", "BSD-3-Clause", "BSD License", "3-Clause BSD License",
        "Mozilla Public License 2.0 (MPL 2.0)", "Apache-2.0 OR GPL-3.0-only",
        "MPL-2.0 AND (GPL-2.0-only OR MIT)", "Apache-2.0 WITH LLVM-exception AND Zlib",
        "Apache Software License", "Apache License, Version 2.0", "Apache 2.0 License",
        "ISC License (ISCL)", "The MIT License (MIT)",
    ],
)  # fmt: skip
def test_free_licences(licence: str) -> None:
    assert audit["is_allowed"](licence)


@pytest.mark.parametrize(
    "licence",
    [
        "", "GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-2.0-only", "(MIT OR ISC) AND SSPL-1.0",
        "Other/Proprietary License", "LicenseRef-NonCommercial", "CC-BY-NC-4.0", "MITX",
        "(GPL-2.0-only OR SSPL-1.0) AND MIT",
        "Apache License 2.0 with Commons Clause", "Apache-2.0 WITH Commons-Clause", "Apache-1.0",
        "MIT License with non-commercial restriction", "MIT License, non-commercial use only",
        "BSD-4-Clause", "BSD-Protection", "BSD License (non-commercial)",
        "Apache-2.0 WITH LLVM-exception-2",
    ],
)  # fmt: skip
def test_other_licences(licence: str) -> None:
    assert not audit["is_allowed"](licence)


def test_what_a_package_says_of_itself() -> None:
    read = audit["licence_of"]
    proprietary = "Classifier: License :: Other/Proprietary License"
    assert read(Package("License-Expression: MIT", proprietary)) == "MIT"
    assert read(Package(proprietary, "License: MIT")) == "Other/Proprietary License"
    assert read(Package("License: BSD-3-Clause")) == "BSD-3-Clause"
    assert audit["refused_licences"]([Package(proprietary), Package("License: MIT")]) == [
        "made 1: Other/Proprietary License"
    ]
    assert audit["refused_licences"]([Package()]) == ["made 1: no licence"]


def test_a_package_without_a_name() -> None:
    package = Package()
    package.text = "Metadata-Version: 2.4\nVersion: 1"
    assert audit["refused_licences"]([package, Package()]) == [
        "a package without a name 1: no licence", "made 1: no licence",
    ]  # fmt: skip


@pytest.mark.parametrize(("licence", "code"), [("MIT", 0), ("GPL-2.0-only", 1)])
def test_the_exit_code(licence: str, code: int, monkeypatch, capsys) -> None:
    package = Package(f"License-Expression: {licence}")
    monkeypatch.setattr("importlib.metadata.distributions", lambda: [package])
    assert audit["main"]([]) == code
    assert f"1 packages, {code} not allowed" in capsys.readouterr().out


def answering(folder: Path, text: str) -> list[str]:
    program = folder / "answer.py"
    program.write_text(f"print({text!r}); raise SystemExit(1)")
    return [sys.executable, str(program)]


def test_no_answer_is_not_a_vulnerability(tmp_path: Path) -> None:
    ask = audit["ask_for_advice"]
    weak = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}
    well = {"name": "b", "version": "2", "vulns": []}
    absent = {"name": "c", "skip_reason": "not there"}
    answer = json.dumps({"dependencies": [weak, well, absent]})
    assert ask(answering(tmp_path, answer)) == (["a 1: CVE-1"], 2)
    for nothing in ("", "[]", json.dumps({"dependencies": [absent]})):
        assert ask(answering(tmp_path, nothing)) == ([], 0)
    assert ask([str(tmp_path / "absent")]) == ([], 0)


def test_what_was_not_checked_is_said(tmp_path: Path, monkeypatch, capsys) -> None:
    packages = [Package("License-Expression: MIT")]  # and not what is installed here
    monkeypatch.setattr("importlib.metadata.distributions", lambda: packages)
    assert audit["main"](["--pip-audit", str(tmp_path / "absent")]) == 0
    assert "vulnerabilities: not checked" in capsys.readouterr().out
