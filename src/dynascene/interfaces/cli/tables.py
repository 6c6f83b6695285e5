"""``dynascene tables``."""

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from dynascene.devices import choose_device
from dynascene.errors import InputError
from dynascene.extras import require
from dynascene.interfaces.cli.arguments import OptionalDevice, Switch
from dynascene.interfaces.cli.table_options.budget import BudgetOptions
from dynascene.interfaces.cli.table_options.measures import TableMeasureOptions


def tables(
    *,
    budget: BudgetOptions,
    measures: TableMeasureOptions,
    out: Path = Path("tables"),
    jobs: Annotated[int, arg(metavar="N")] = 1,
    device: OptionalDevice = None,
    status: Switch = False,
) -> None:
    """Make the paper's tables: train every row at one budget, measure it, write the page.

    Whatever is finished is skipped; a run that was stopped goes on. Call it again until no row is
    left.

    Args:
        out: folder of runs, weights, figures of each row, and of tables/.
        jobs: rows at work at once.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        status: say what is finished and what is left, and stop.
    """
    require("train", "training", ["pyarrow", "tensorboard"])
    from dynascene.evaluation.table import print_tables
    from dynascene.interfaces.cli.display import say
    from dynascene.reproduction.job import write_tables
    from dynascene.reproduction.materials import ReproductionRequest, identity_of
    from dynascene.reproduction.plan import check_one_budget, choose_rows, rows_of
    from dynascene.reproduction.status import status_table
    from dynascene.reproduction.steps import plain_steps, plan_steps
    from dynascene.reproduction.work import carry_out, check_jobs

    check_jobs(jobs)
    choose_device(device)
    request = ReproductionRequest(**budget.settings(), **measures.settings())
    chosen = choose_rows(rows_of(request.size), budget.rows)
    check_one_budget(chosen, request.steps)
    identity = identity_of(request)
    planned = [plain_steps(out, request, identity), *plan_steps(out, request, identity, chosen)]
    if status:
        print_tables([status_table(planned, jobs)])
        return
    failures = carry_out(planned, jobs, say)
    print_tables(write_tables(planned, request, identity, out / "tables"))
    if failures:
        texts = "; ".join(f"{name}: {text}" for name, text in failures.items())
        raise InputError(f"{len(failures)} of {len(planned)} rows are not finished: {texts}")
    say(f"{out / 'tables' / 'table.md'}  (look at the pictures beside it too)")


COMMANDS = {"tables": tables}
