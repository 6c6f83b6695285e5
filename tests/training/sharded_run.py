"""The tiny run under FSDP, on CPUs: torchrun … sharded_run.py OUT UNTIL ACCUMULATE.

accelerate offers FSDP on GPUs only; torch has it on CPUs too, so what accelerate's configuration
would set is set here. Every process must use the same parameters: one task.
"""

import sys
from pathlib import Path

import torch
from accelerate import Accelerator, FullyShardedDataParallelPlugin, PartialState
from accelerate.utils import DistributedType
from tiny_run import TASKS, Noise, tiny_run
from torch import Tensor

from dynascene.training import trainer
from dynascene.training.launching import is_first_process, open_accelerator
from dynascene.training.run import Settings
from dynascene.training.state import checkpoint_folders
from dynascene.training.upkeep import TrackerName, Upkeep


class OneTask(Noise):
    def __getitem__(self, index: int) -> tuple[Tensor, str]:
        return super().__getitem__(index)[0], TASKS[0]


def open_sharding(settings: Settings, log_with: TrackerName) -> Accelerator:
    accelerator = open_accelerator(settings, log_with)
    if accelerator.num_processes > 1:
        accelerator.state.distributed_type = DistributedType.FSDP
        PartialState._shared_state["distributed_type"] = DistributedType.FSDP
        accelerator.state.fsdp_plugin = FullyShardedDataParallelPlugin(
            fsdp_version=2,
            auto_wrap_policy="transformer_based_wrap",
            transformer_cls_names_to_wrap=["Sequential"],
            cpu_ram_efficient_loading=False,
        )
    return accelerator


if __name__ == "__main__":
    out, until, accumulate = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    trainer.open_accelerator = open_sharding
    settings = {"precision": "no", "accumulate": accumulate}
    # by the first process' clock a checkpoint is due after every step, by the others' never
    upkeep = Upkeep(checkpoint_minutes=1e-9 if is_first_process() else 1e9)
    objective = trainer.train(
        tiny_run(out, None, settings, batch=8, samples=OneTask), out, upkeep=upkeep, until=until
    )
    assert [path.name for path in checkpoint_folders(out)] == [f"{until - 1:08d}", f"{until:08d}"]
    kinds = {type(parameter).__name__ for parameter in objective.parameters()}
    assert kinds == ({"DTensor"} if torch.distributed.is_torchelastic_launched() else {"Parameter"})
