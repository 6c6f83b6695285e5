"""Every clip's own figures as a Parquet file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dynascene.evaluation.field_scores import VIEWS, FieldScores
from dynascene.evaluation.scores import REGIONS, Score, Scores

REGION_KEY = "region"


def write_clip_table(path: Path, scores: Scores, field_scores: FieldScores) -> None:
    """One line per clip, system and region or view; a metric that has no figure there is null.

    Args:
        path: of the file.
        scores: by region: whole, seen, revealed.
        field_scores: by view: background, full frame.
    """
    names = sorted({name for _, name, _ in field_scores.values})
    lines: list[dict[str, str | float | None]] = []
    for row in scores.rows:
        for index, (clip, place) in enumerate(zip(scores.clips, scores.places, strict=True)):
            head = {"clip": clip, "place": place, "system": row}
            for region in REGIONS:
                score = scores.rows[row][region][index]
                lines.append({**head, REGION_KEY: region, **score._asdict()})
            for view in VIEWS:
                values = {
                    name: field_scores.values[view, name, row][index]
                    for name in names
                    if (view, name, row) in field_scores.values
                }
                lines.append({**head, REGION_KEY: view, **values})
    texts = [(name, pa.string()) for name in ("clip", "place", "system", REGION_KEY)]
    metrics = dict.fromkeys([*Score._fields, *names])
    schema = pa.schema([*texts, *((name, pa.float64()) for name in metrics)])
    arrays = [
        pa.array([line.get(field.name) for line in lines], field.type, from_pandas=True)
        for field in schema
    ]  # from_pandas: NaN is null
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
