"""Every module loads where the system lacks what only POSIX systems have."""

import subprocess
import sys

IMPORTS = """
import importlib, os, pkgutil, signal, sys
import psutil  # its part for Linux reads resource; accelerate loads it
sys.modules["resource"] = sys.modules["fcntl"] = None
for module, name in ((os, "sched_getaffinity"), (os, "killpg"), (signal, "SIGHUP")):
    delattr(module, name)
import dynascene
for module in pkgutil.walk_packages(dynascene.__path__, "dynascene."):
    importlib.import_module(module.name)
    print(module.name)
"""
LOCKS = """
import sys
sys.modules["resource"] = sys.modules["fcntl"] = None
from pathlib import Path
from dynascene.io.file_locks import file_lock
from dynascene.jobs.log import Log
with file_lock(Path("lock")), file_lock(Path("lock"), wait=False):
    print("both")
log = Log()
with log.stage("work"):
    pass
print(log.stages[0]["stage"])
"""


def run(code: str, cwd: object = None) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=cwd
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_every_module_loads_without_posix() -> None:
    modules = run(IMPORTS)
    assert "dynascene.curation.engine.store" in modules
    assert "dynascene.reproduction.steps" in modules


def test_locks_and_logs_work_without_posix(tmp_path: object) -> None:
    assert run(LOCKS, tmp_path) == ["both", "work"]
