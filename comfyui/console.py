"""The library's notices on ComfyUI's console."""

import logging

from dynascene.display import Quiet


class Console(Quiet):
    """Tells notices, and no stages."""

    def notice(self, text: str) -> None:
        logging.getLogger("dynascene").info(text)
