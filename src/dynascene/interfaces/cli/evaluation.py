"""``dynascene evaluate``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.interfaces.cli.arguments import OptionalDevice, Switch


def evaluate(
    systems: Annotated[Positional[tuple[str, ...]], arg(metavar="SYSTEM…", help_behavior_hint="")],
    /,
    *,
    data: Annotated[str, arg(metavar="BENCH")],
    out: Annotated[Path, arg(metavar="DIR")],
    clips: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 32)")] = None,
    frames: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 24)")] = None,
    size: Annotated[str | None, arg(metavar="WxH", help_behavior_hint="(default: 256x144)")] = None,
    seconds: Annotated[float | None, arg(metavar="S", help_behavior_hint="")] = None,
    steps: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None,
    guidance: Annotated[float | None, arg(metavar="NUMBER", help_behavior_hint="")] = None,
    samples: Annotated[int | None, arg(metavar="K", help_behavior_hint="(default: 1)")] = None,
    seed: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 0)")] = None,
    obedience: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None,
    cameras: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: none)")] = None,
    benchmark: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None,
    gap: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None,
    long_pans: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None,
    imagery: Annotated[tuple[Path, ...], arg(metavar="DIR…", help_behavior_hint="")] = (),
    features: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None,
    metrics: Annotated[tuple[str, ...], arg(metavar="NAME…", help_behavior_hint="")] = (),
    metric_weights: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None,
    external: Annotated[tuple[str, ...], arg(metavar="NAME=DIR…", help_behavior_hint="")] = (),
    write_inputs: bool = False,
    matte_errors: Annotated[tuple[str, ...], arg(metavar="KIND…", help_behavior_hint="")] = (),
    videos: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: none)")] = None,
    workers: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 1)")] = None,
    device: OptionalDevice = None,
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Measure backgrounds against the truth: accuracy, distribution, flicker, camera obedience.

    Args:
        systems: still, projection, small, or a folder or hub id of weights; one or several. Weights
            with :memory behind them (small:memory) paint the scene memory, as generate does; with
            :fill they show what is left without their denoiser, with :shuffled what they do when
            told the poses in a wrong order.
        data: synthetic, or synthetic:train, synthetic:val, synthetic:test (the default); or
            re10k:FOLDER of filmed clips with cameras and without people; or people:FOLDER of clips
            with people, whose place is made anew from another frame without them.
        out: folder of metrics.json, benchmark.json, clips.parquet, the tables (.md, .tex, .html)
            and sheet.png.
        clips: shots of the benchmark.
        frames: length of a shot.
        size: of the frames; weights paint best at the size that they were trained for.
        seconds: that the frames of a filmed clip span, by taking every so many (default:
            neighbouring frames).
        steps: sampling steps (default: as each weights say).
        guidance: strength of classifier-free guidance (default: as each weights say).
        samples: also judge the mean of so many samples (accuracy, not looks).
        seed: seed of the shots and of the sampling.
        obedience: shots that are panned both ways (default: all clips; 0: none).
        cameras: clips in whose frames the camera is looked for and held against the given one.
        benchmark: benchmark.json of an earlier evaluation: its very clips are taken from data, in
            its size, length and seed, and other data are refused.
        gap: instead of all that, how much better weights without a guide are along the true track
            than along the opposite one, on so many pans, tilts, dollies and trucks of unseen
            places, in the size and length that they were trained for.
        long_pans: instead of all that, whether so many pans of 60 degrees in 72 frames are followed
            to the end, around the picture and away from it.
        imagery: one or several folders of photographs with a MANIFEST.tsv, for synthetic (default:
            $DYNASCENE_TRAINING_DATA, else procedural pictures).
        features: TorchScript network that describes pictures (default: wavelets, without weights).
        metrics: of the field's metrics these alone: l1, psnr, ssim, lpips-alex, lpips-vgg,
            lpips-squeeze, fid, fvd-i3d, fvd-3dres, clip-cond, clip-temp, l1-paper, psnr-paper,
            edge, person-change (default: all of these whose weights are there); light, contrast.
        metric_weights: folder of the published weights that metrics read, see docs/evaluation.md
            (default: metrics in the cache of weights).
        external: rows of videos made elsewhere: their name and a folder with a video, a folder of
            pictures or a .npy for each clip, named as its folder of --write-inputs.
        write_inputs: instead of all that, write what systems may see of every clip (person, matte,
            scene picture, cameras) as files for other tools.
        matte_errors: also tell systems faulty mattes, in rows of their own: erode, dilate, jagged,
            dropped.
        videos: clips of which truth and all rows are written side by side, as videos.
        workers: processes that judge clips, on Ray.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        quiet: no progress and no notices on standard error.
        json: print the result as JSON: the paths and the report.
    """
    from dynascene.errors import InputError
    from dynascene.extras import require

    require("train", "an evaluation", ["pyarrow"])
    from dynascene.evaluation.benchmark_manifest import read_benchmark_manifest
    from dynascene.evaluation.clip_inputs import LISTING
    from dynascene.evaluation.clip_inputs import write_inputs as write_clip_inputs
    from dynascene.evaluation.gap_job import GapRequest, run_gap
    from dynascene.evaluation.job import run
    from dynascene.evaluation.long_pan_job import LongPanRequest, run_long_pans
    from dynascene.evaluation.opening import open_clips
    from dynascene.evaluation.request import EvaluationRequest
    from dynascene.evaluation.systems import SamplingSettings
    from dynascene.evaluation.table import print_tables
    from dynascene.interfaces.cli.arguments import parse_size
    from dynascene.interfaces.cli.display import open_display, read_report, say_result
    from dynascene.interfaces.cli.system_names import open_external, open_system
    from dynascene.jobs.log import Log

    choose_device(device)
    shots: dict[str, Any] = {"clips": clips, "frames": frames, "seconds": seconds}
    shots |= {"size": None if size is None else parse_size(size)}
    options: dict[str, Any] = {"samples": samples, "obedience": obedience, "cameras": cameras}
    options |= {"features": features, "metrics": metrics or None, "metric_weights": metric_weights}
    options |= {"external": external or None, "workers": workers, "videos": videos}
    options |= {"matte_errors": matte_errors or None}
    shots, options = _present(shots), _present(options)
    alone = [*_present({"write_inputs": write_inputs or None, "gap": gap, "long_pans": long_pans})]
    if alone:
        others = [*alone[1:], *options, *(shots if alone != ["write_inputs"] else ())]
        others += ["benchmark"] if benchmark is not None and not write_inputs else []
        reason = "measures nothing" if write_inputs else "measures clips of its own"
        _leave_out(alone[0], reason, others)
    if benchmark is not None:
        others = [*shots, *_present({"seed": seed})]
        _leave_out("benchmark", "says which clips, how long and how large", others)
        manifest = read_benchmark_manifest(benchmark)
        shots = {"manifest": manifest, **manifest.settings}
    else:
        shots["seed"] = seed or 0
    log = Log(open_display(quiet))
    sampling = SamplingSettings(steps, guidance, 1 if samples is None else samples)
    if write_inputs:
        if systems:
            raise InputError("`write_inputs`: measures nothing; leave out the systems")
        write_clip_inputs(
            open_clips(EvaluationRequest([], data, imagery=imagery, **shots)), out, log
        )
        say_result(f"{out / LISTING}", lambda: {"folder": out, "listing": out / LISTING}, json)
        return
    if not systems and not external:
        raise InputError("evaluate: name at least one system, such as projection or small")
    with log.stage("weights"):
        opened = [open_system(text, sampling) for text in dict.fromkeys(systems)]
        opened += [open_external(text) for text in dict.fromkeys(external)]
    if gap is not None:
        tables = run_gap(GapRequest(opened, data, gap, seed or 0, imagery), out, log)
    elif long_pans is not None:
        pans = LongPanRequest(opened, data, long_pans, seed or 0, imagery)
        tables = run_long_pans(pans, out, log)
    else:
        asked = {k: v for k, v in options.items() if k not in ("samples", "external")}
        request = EvaluationRequest(
            opened, data, imagery=imagery, sampling=sampling, **shots, **asked
        )
        tables = run(request, out, log)
    if not json:
        print_tables(tables)
    paths = {"folder": out, "table": out / "table.md", "sheet": out / "sheet.png"}
    say_result(
        f"{paths['table']}  (look at {paths['sheet']} too)",
        lambda: {**paths, "report": read_report(out / "metrics.json")},
        json,
    )


def _present(options: dict[str, Any]) -> dict[str, Any]:
    """Those that were given; the others keep their defaults."""
    return {name: value for name, value in options.items() if value is not None}


def _leave_out(name: str, reason: str, others: Sequence[str]) -> None:
    """Refuse options that another one does not go with."""
    from dynascene.errors import InputError

    if others:
        names = " and ".join(f"`{other}`" for other in others)
        raise InputError(f"`{name}`: {reason}; leave out {names}")


COMMANDS = {"evaluate": evaluate}
