"""Licences of all installed packages, and known vulnerabilities: ``make audit``.

Licences are read from the packages' own metadata and held against a list; no network is needed.
Vulnerabilities are asked for with pip-audit. Exit code 1: a licence is not on the list, or a
package has a known vulnerability. That the advisory service cannot be reached is said, and is no
failure.
"""

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution
from typing import NamedTuple

ALLOWED = frozenset({
    "0BSD", "APACHE", "BSD", "BSL-1.0", "CC0-1.0", "CNRI-PYTHON", "ISC", "LGPL-3.0", "MIT",
    "MIT-CMU", "MPL-2.0", "PSF", "UNLICENSE", "ZLIB",
})  # fmt: skip
# How the same licences are written in metadata that has no SPDX expression. Each form is a whole
# name: what follows may be a restriction.
SPELLINGS = (
    (r"APACHE[ -]2(\.0)?( LICENSE)?", "APACHE"),
    (r"APACHE (SOFTWARE )?LICENSE(,? VERSION)?( 2(\.0)?)?", "APACHE"),
    (r"((NEW|MODIFIED|SIMPLIFIED) )?BSD([ -][23]-CLAUSE)?( LICENSE)?", "BSD"),
    (r"[23]-CLAUSE BSD( LICENSE)?", "BSD"),
    (r"ISC LICENSE( \(ISCL\))?", "ISC"),
    (r"LGPL-3\.0-(ONLY|OR-LATER)", "LGPL-3.0"),
    (r"(THE )?MIT LICENSE( \(MIT\))?", "MIT"),
    (r"MOZILLA PUBLIC LICENSE 2\.0( \(MPL 2\.0\))?", "MPL-2.0"),
    (r"(PSF-2\.0|PYTHON SOFTWARE FOUNDATION LICENSE)", "PSF"),
    (r"THE UNLICENSE( \(UNLICENSE\))?", "UNLICENSE"),
)
# what permits more than the licence before it
ADDITIONS = r" WITH (LLVM|LGPL-3\.0-LINKING)-EXCEPTION(?![\w.-])"
# packages whose metadata does not tell, or whose licence is their own
EXCEPTIONS = (
    (r"opencolorio|openexr", "BSD-3-Clause, in their repositories"),
    (r"usd-core", "TOST-1.0, a form of Apache-2.0; tests alone use it"),
    (r"nvidia-.*", "NVIDIA's own; comes with torch where there is such a GPU"),
)


def licence_of(package: Distribution) -> str:
    """What a package's metadata says, in the order of precision; empty where it says nothing."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if
                   c.startswith("License ::")]  # fmt: skip
    names = [name for name in classifiers if name != "OSI Approved"]
    return " AND ".join(names) or (metadata.get("License") or "").strip()


def is_allowed(licence: str) -> bool:
    """Whether a licence, or one way through an expression of several, is on the list.

    All parts joined by AND must be, and one of those joined by OR. A text that is a whole licence
    is not read.
    """
    text = re.sub(ADDITIONS, "", licence.upper())
    while match := re.search(r"\(([^()]*\b(?:OR|AND)\b[^()]*)\)", text):
        inner = "MIT" if is_allowed(match[1]) else "REFUSED"
        text = text[: match.start()] + inner + text[match.end() :]
    ways = re.split(r"\bOR\b", text)
    return any(all(_is_listed(part.strip()) for part in re.split(r"\bAND\b", way)) for way in ways)


def _is_listed(name: str) -> bool:
    name = next((short for form, short in SPELLINGS if re.fullmatch(form, name)), name)
    return name in ALLOWED


def refused_licences(packages: Sequence[Distribution]) -> list[str]:
    """A line for each package whose licence is not allowed."""
    lines = []
    for package in sorted(packages, key=lambda package: (package.name or "").lower()):
        licence, name = licence_of(package), package.name or "a package without a name"
        is_exception = any(re.fullmatch(form, name.lower()) for form, _ in EXCEPTIONS)
        if not is_exception and not is_allowed(licence):
            lines.append(f"{name} {package.version}: {licence[:80] or 'no licence'}")
    return lines


class Advice(NamedTuple):
    """What pip-audit says: a line for each vulnerability, and how many packages it looked at.

    The service does not have every package; those that it lacks are not looked at.
    """

    vulnerabilities: list[str]
    checked: int


def advice_in(answer: str) -> Advice:
    """What ``pip-audit --format json`` printed; nothing checked where that is no answer."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Advice([], 0)
    checked = [package for package in packages if "vulns" in package]
    lines = [f"{p['name']} {p['version']}: {v['id']}" for p in checked for v in p["vulns"]]
    return Advice(lines, len(checked))


def ask_for_advice(command: Sequence[str]) -> Advice:
    """What pip-audit says; nothing checked where it is not installed or reaches no service."""
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return Advice([], 0)
    return advice_in(done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pip-audit", metavar="PROGRAM", help="also ask it for vulnerabilities")
    given = parser.parse_args(arguments)
    packages = list(importlib.metadata.distributions())
    refused = refused_licences(packages)
    print("\n".join([f"licences: {len(packages)} packages, {len(refused)} not allowed", *refused]))
    if given.pip_audit is None:
        return int(bool(refused))
    advice = ask_for_advice([given.pip_audit])
    if not advice.checked:
        print("vulnerabilities: not checked (no answer from an advisory service: no network?)")
    else:
        found = f"{len(advice.vulnerabilities)} known in {advice.checked} packages"
        print("\n".join([f"vulnerabilities: {found}", *advice.vulnerabilities]))
    return int(bool(refused or advice.vulnerabilities))


if __name__ == "__main__":
    sys.exit(main())
