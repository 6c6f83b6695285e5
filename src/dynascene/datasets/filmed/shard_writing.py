"""A data set of clips packed into WebDataset shards."""

from __future__ import annotations

from pathlib import Path

from dynascene.datasets.filmed.manifest import ClipManifest
from dynascene.datasets.filmed.opening import clip_files
from dynascene.datasets.filmed.shards import SHARD_SUFFIX
from dynascene.datasets.filmed.storage import Storage
from dynascene.errors import InputError

BYTES_PER_SHARD = 1_000_000_000


def write_shards(manifest: ClipManifest, out: Path) -> ClipManifest:
    """Pack a folder's clips into shards of about a gigabyte, with the same manifest.

    Rows keep all their columns; clips that are not used are left out.

    Raises:
        InputError: a clip cannot be packed, or ``out`` cannot be written.
    """
    from webdataset.writer import ShardWriter

    if manifest.table.column("split").null_count == len(manifest):
        raise InputError(f"{manifest.storage.root}: no clip has a split, so there is none to pack")
    out.mkdir(parents=True, exist_ok=True)
    paths, rows = [], []
    with ShardWriter(
        str(out / f"%06d{SHARD_SUFFIX}"), maxsize=BYTES_PER_SHARD, verbose=0, mtime=0
    ) as writer:
        for number, record in enumerate(manifest[k] for k in range(len(manifest))):
            if record.split is None:
                continue
            if "." in record.clip:
                raise InputError(f"clip {record.clip}: names in shards hold no dot; rename it")
            files = clip_files(record, manifest.storage).by_role()
            content = {role + path.suffix: path.read_bytes() for role, path in files.items()}
            writer.write({"__key__": record.clip} | content)
            paths.append(Path(str(writer.fname)).name)
            rows.append(number)
    table = manifest.table.take(rows)
    table = table.set_column(table.column_names.index("path"), "path", [paths])
    shards = ClipManifest(table, Storage(str(out), manifest.storage.cache))
    shards.save()
    return shards
