"""``dynascene tables``."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from dynascene.devices import choose_device
from dynascene.interfaces.cli.arguments import OptionalDevice, Switch, optional


def tables(
    *,
    out: Path = Path("tables"),
    size: Literal["micro", "small", "sd15"] = "micro",
    rows: Annotated[tuple[str, ...], optional("RECIPE…")] = (),
    steps: Annotated[int | None, optional("N")] = None,
    imagery: Annotated[Path | None, optional("DIR")] = None,
    clips: Annotated[tuple[str, ...], optional("DIR|URL…")] = (),
    data: Annotated[tuple[str, ...], optional("BENCH…")] = (),
    test_clips: Annotated[int, arg(metavar="N")] = 64,
    seconds: Annotated[float | None, optional("S")] = None,
    metrics: Annotated[tuple[str, ...], optional("NAME…")] = (),
    metric_weights: Annotated[Path | None, optional("DIR")] = None,
    jobs: Annotated[int, arg(metavar="N")] = 1,
    device: OptionalDevice = None,
    status: Switch = False,
) -> None:
    """Make the paper's tables: train every row at one budget, measure it, write the page.

    Whatever is finished is skipped; a run that was stopped goes on. Call it again until no row is
    left.

    Args:
        out: folder of runs, weights, figures of each row, and of tables/.
        size: of the networks. micro trains on rendered clips alone; small and sd15 train the
            paper's stages.
        rows: recipes of the rows, of each the last stage's (default: all of the size; at micro
            Tables 3 and 4 in our variant alone).
        steps: length of every row's training, in all its stages (default: the recipes').
        imagery: folder of photographs with a MANIFEST.tsv, to train and to measure on (default:
            $DYNASCENE_TRAINING_DATA, else procedural pictures).
        clips: folders or URLs of filmed clips that stages train on (default: rendered clips).
        data: further benchmarks, as dynascene evaluate takes them.
        test_clips: clips of each benchmark.
        seconds: that the frames of a filmed benchmark span (default: 1 at size micro, else
            neighbouring frames).
        metrics: of the field's metrics these alone, as dynascene evaluate takes them.
        metric_weights: folder of the published weights that metrics read.
        jobs: rows at work at once.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        status: say what is finished and what is left, and stop.
    """
    from dynascene.errors import InputError
    from dynascene.extras import require

    require("train", "training", ["pyarrow", "tensorboard"])
    from dynascene.evaluation.table import print_tables
    from dynascene.interfaces.cli.display import say
    from dynascene.models.sizes import SIZES
    from dynascene.reproduction.job import write_tables
    from dynascene.reproduction.materials import ReproductionRequest, identity_of
    from dynascene.reproduction.plan import check_one_budget, choose_rows, rows_of
    from dynascene.reproduction.status import status_table
    from dynascene.reproduction.steps import plain_steps, plan_steps
    from dynascene.reproduction.work import carry_out

    choose_device(device)
    request = ReproductionRequest(
        size=SIZES[size],
        steps=steps,
        imagery=imagery,
        clips=clips,
        data=data,
        test_clips=test_clips,
        seconds=seconds,
        metrics=metrics or None,
        metric_weights=metric_weights,
    )
    chosen = choose_rows(rows_of(request.size), rows)
    check_one_budget(chosen, steps)
    identity = identity_of(request)
    planned = [plain_steps(out, request, identity), *plan_steps(out, request, identity, chosen)]
    if status:
        print_tables([status_table(planned, jobs)])
        return
    failures = carry_out(planned, jobs, say)
    made = write_tables(planned, request, identity, out / "tables")
    print_tables(made)
    if failures:
        texts = "; ".join(f"{name}: {text}" for name, text in failures.items())
        raise InputError(f"{len(failures)} of {len(planned)} rows are not finished: {texts}")
    say(f"{out / 'tables' / 'table.md'}  (look at the pictures beside it too)")


COMMANDS = {"tables": tables}
