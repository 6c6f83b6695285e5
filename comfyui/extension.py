"""What ComfyUI asks for: the list of the nodes."""

from .api import ComfyExtension, io
from .nodes.camera_files import LoadCamera, SaveCamera
from .nodes.cameractrl import CameraFromCameraCtrl, CameraToCameraCtrl
from .nodes.composite import Composite
from .nodes.generate import Generate
from .nodes.layers import Layers
from .nodes.load3d import CameraFromLoad3D, CameraToLoad3D
from .nodes.matte import Matte
from .nodes.move import Move
from .nodes.pose import Pose
from .nodes.projection import Projection
from .nodes.scene import Scene
from .nodes.track import Track
from .nodes.vace import CutToCamera, VaceInputs

NODES: list[type[io.ComfyNode]] = [
    LoadCamera,
    SaveCamera,
    Move,
    Track,
    Matte,
    Pose,
    Scene,
    Projection,
    Generate,
    Composite,
    Layers,
    CameraToCameraCtrl,
    CameraFromCameraCtrl,
    CameraToLoad3D,
    CameraFromLoad3D,
    VaceInputs,
    CutToCamera,
]


class DynasceneExtension(ComfyExtension):
    """The pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return NODES


async def comfy_entrypoint() -> DynasceneExtension:
    return DynasceneExtension()
