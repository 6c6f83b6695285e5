"""What is said of the pictures and clips that a run trains on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from dynascene.interfaces.cli.arguments import optional, parse_worlds


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """What the run trains on.

    Args:
        data: folder of imagery with a MANIFEST.tsv (default: $DYNASCENE_TRAINING_DATA, else
            procedural pictures), or a data set of filmed clips, as --clips takes it.
        clips: folders or URLs of filmed clips, for dynascene.small and the recipes of
            stages (default: rendered clips).
        worlds: how often each world of rendered clips is drawn (default: turn=0.35 stage=0.3
            layered=0.35); solid needs OpenGL.
        cache: folder of encoded or fetched clips, which runs may share (default: in RUN).
    """

    data: Annotated[Path | None, optional("DIR")] = None
    clips: Annotated[tuple[str, ...], optional("DIR|URL…")] = ()
    worlds: Annotated[tuple[str, ...], optional("NAME=SHARE…")] = ()
    cache: Annotated[Path | None, optional("DIR")] = None

    def settings(self) -> dict[str, Any]:
        """As ``Settings`` takes them.

        Raises:
            InputError: a share of a world is no number.
        """
        from dynascene.io.manifests import MANIFEST

        clips, data = self.clips, self.data
        if data is not None and (data / MANIFEST).is_file():  # a data set, not pictures
            clips, data = (*clips, str(data)), None
        worlds = {"worlds": parse_worlds(self.worlds)} if self.worlds else {}
        return {"data": data, "clips": clips, "cache": self.cache, **worlds}
