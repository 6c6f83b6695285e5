"""A result folder that is either complete or absent."""

import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from dynascene.errors import InputError, one_line
from dynascene.io.atomic import replacing
from dynascene.io.full_disk import full_disk_line, is_full
from dynascene.io.text import parse_json
from dynascene.io.working_folders import clear_leftovers, lock_of, working_folder
from dynascene.jobs.replacement import (
    finish_replacement,
    is_entry_name,
    replace_entries,
    working_parent,
    working_prefix,
)

REPORT = "report.json"  # its "outputs" say what a run has written


@contextmanager
def result_folder(
    folder: Path,
    names: Iterable[str] = (),
    inputs: Iterable[Path] = (),
    listing: str = REPORT,
    shared: str | None = None,
) -> Generator[Path]:
    """Yield a temporary folder; on success its entries move into ``folder``.

    Results of an earlier run are replaced as a whole. Other files in ``folder`` stay. On any
    failure, an interruption included, ``folder`` is left as it was. What a killed run left behind
    is finished or removed first.

    Args:
        folder: of the results.
        names: what this run may write.
        inputs: what it reads.
        listing: the JSON file among the results whose "outputs" lists them all.
        shared: the folder among the results that later runs may read; ``carry_inputs`` copies what
            this run reads of it.

    Raises:
        InputError: the folder cannot be written. Or, before anything is written: an entry that no
            earlier run wrote has one of the names, or an input is a result that would be replaced.
    """
    try:
        folder = folder.resolve()
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is a file; `out` names a folder")
        finish_replacement(folder)
        earlier = _earlier_results(folder / listing)
        _check_names(folder, earlier, names)
        _check_inputs(folder, earlier, inputs, shared)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a zero in a name
        raise InputError(f"{str(folder)!r}: cannot be used ({one_line(error)})") from None
    new_parents: list[Path] = []
    try:
        new_parents += _make_parents(folder)
        parent, prefix = working_parent(folder, earlier), working_prefix(folder)
        with working_folder(parent, prefix) as temporary:
            yield temporary
            with lock_of(folder, wait=True):  # no other run replaces what this one looks at
                earlier = _earlier_results(folder / listing)  # it may have ended meanwhile
                _check_names(folder, earlier, [entry.name for entry in temporary.iterdir()])
                replace_entries(folder, temporary, earlier)
    except BaseException as error:
        _remove(new_parents)
        if isinstance(error, OSError):
            raise InputError(_explanation(folder, error)) from None
        raise


def clear_unfinished(folder: Path) -> None:
    """Remove, or finish, what killed runs have left of a result folder; those alive go on."""
    folder = folder.resolve()
    finish_replacement(folder)
    for parent in (folder.parent, folder):
        clear_leftovers(parent, lambda name: name.startswith(working_prefix(folder)))


def carry_inputs(earlier: Path, new: Path, inputs: Iterable[Path]) -> None:
    """Copy the entries of a folder that are inputs or hold one.

    Args:
        earlier: the folder that may hold inputs; it may be missing.
        new: the target; entries that it already has stay as they are.
        inputs: what a run reads.
    """
    places = {place for path in inputs for place in (path.resolve(), *path.resolve().parents)}
    for entry in sorted(earlier.resolve().iterdir()) if earlier.is_dir() else ():
        if entry in places and not (new / entry.name).exists():
            new.mkdir(exist_ok=True)
            copy = shutil.copytree if entry.is_dir() else shutil.copy2
            with replacing(new / entry.name) as temporary:  # half a matte would count as found
                copy(entry, temporary)


def _explanation(folder: Path, error: OSError) -> str:
    named = [str(name)[:120] for name in (error.filename, error.filename2) if name is not None]
    # working folders lie in the folder or beside it
    if named and not any(name.startswith(str(folder.parent)) for name in named):
        return f"{named[0]}: {error.strerror}"
    if is_full(error):
        return f"{folder}: {full_disk_line(error)}"
    return f"{folder}: cannot be written ({error.strerror}); name another `out`"


def _earlier_results(listing: Path) -> set[str]:
    """The entries that an earlier run wrote, as its ``listing`` says."""
    try:
        outputs = parse_json(listing.read_text())["outputs"]
        names = {name for name in outputs if is_entry_name(name)}
        return {name for name in names if (listing.parent / name).exists()}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _check_names(folder: Path, earlier: set[str], names: Iterable[str]) -> None:
    for name in sorted(names):
        if name not in earlier and (folder / name).exists():
            raise InputError(
                f"{folder / name}: was not written by an earlier run and would be replaced; "
                "move it away or name another `out`"
            )


def _check_inputs(
    folder: Path, earlier: set[str], inputs: Iterable[Path], shared: str | None
) -> None:
    for path in inputs:
        place = path.resolve()
        for name in earlier:
            result = folder / name
            if place == result or (result in place.parents and name != shared):
                raise InputError(
                    f"{path}: is a result of an earlier run, which this one would replace; "
                    "name another `out`"
                )


def _make_parents(folder: Path) -> list[Path]:
    """Make the missing parents of ``folder``, and return them, innermost first."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _remove(folders: list[Path]) -> None:
    """Remove those folders, made by this run, that are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
