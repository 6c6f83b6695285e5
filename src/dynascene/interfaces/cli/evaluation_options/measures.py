"""What is said of the measures."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import optional
from dynascene.interfaces.cli.exclusions import drop_unset


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """What is measured of every clip.

    Args:
        obedience: shots that are panned both ways (default: all clips; 0: none).
        cameras: clips in whose frames the camera is looked for and held against the given one.
        features: TorchScript network that describes pictures (default: wavelets, without weights).
        metrics: of the field's metrics these alone: l1, psnr, ssim, lpips-alex, lpips-vgg,
            lpips-squeeze, fid, fvd-i3d, fvd-3dres, clip-cond, clip-temp, l1-paper, psnr-paper,
            edge, person-change (default: all of these whose weights are there); light, contrast.
        metric_weights: folder of the published weights that metrics read, see
            docs/evaluation.md (default: metrics in the cache of weights).
        workers: processes that judge clips, on Ray.
        videos: clips of which truth and all rows are written side by side, as videos.
        matte_errors: also tell systems faulty mattes, in rows of their own: erode, dilate, jagged,
            dropped.
    """

    obedience: Annotated[int | None, optional("N")] = None
    cameras: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: none)")] = None
    features: Annotated[Path | None, optional("FILE")] = None
    metrics: Annotated[tuple[str, ...], optional("NAME…")] = ()
    metric_weights: Annotated[Path | None, optional("DIR")] = None
    workers: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 1)")] = None
    videos: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: none)")] = None
    matte_errors: Annotated[tuple[str, ...], optional("KIND…")] = ()

    def settings(self) -> dict[str, Any]:
        """What is said of them, as ``EvaluationRequest`` takes it."""
        return drop_unset(asdict(self))
