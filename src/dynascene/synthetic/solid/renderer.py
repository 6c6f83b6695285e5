"""Rendering triangles with OpenGL along the rays of a camera track: coverage, colour and depth.

F frames, H W pixels, V vertices, L pictures of S × S texels. Metres, y down.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dynascene.geometry.rays import Rays
from dynascene.synthetic.solid.graphics import Graphics, graphics
from dynascene.synthetic.solid.solids import Solids

if TYPE_CHECKING:
    import moderngl

SHADOW_CELLS = 1024
FORMAT = "3f 3f 3f 3f"
ATTRIBUTES = ("position", "normal", "texel", "tint")
ALPHA_TO_COVERAGE, ALPHA_TO_ONE = 0x809E, 0x809F
FAR_OVER_NEAR = 2000.0


class SolidRender(NamedTuple):
    """Solids as cameras see them.

    Attributes:
        colour: [F, 4, H, W], linear light times coverage, and coverage.
        depth: [F, 1, H, W] along the camera's axis in metres at the pixels' centres, infinite where
            nothing is.
    """

    colour: Tensor
    depth: Tensor


class _Uploads(NamedTuple):
    pictures: "moderngl.TextureArray"
    vertices: "moderngl.Buffer"
    surface: "moderngl.VertexArray"
    depth: "moderngl.VertexArray"
    shade: "moderngl.VertexArray | None"
    shadows: "moderngl.Texture"
    shadow_from_world: np.ndarray


def clip_from_world(rays: Rays, far: float) -> np.ndarray:
    """The projections that the rays of each frame belong to.

    A ray's direction is M·(u, v, 1) for a pixel (u, v); so (u, v, 1)·depth = M⁻¹·(p − origin).

    Args:
        rays: of the frames.
        far: metres to the far plane.

    Returns:
        [F, 4, 4] float32; the frame's first row comes to −1.
    """
    d = rays.directions.double().cpu()
    height, width = d.shape[1:3]
    du = (d[:, 0, -1] - d[:, 0, 0]) / (width - 1)
    dv = (d[:, -1, 0] - d[:, 0, 0]) / (height - 1)
    m = torch.stack([du, dv, d[:, 0, 0] - 0.5 * (du + dv)], dim=-1)
    p = torch.linalg.inv(m)
    near = far / FAR_OVER_NEAR
    clip = torch.zeros(len(d), 4, 4, dtype=torch.float64)
    clip[:, 0, :3] = 2 / width * p[:, 0] - p[:, 2]
    clip[:, 1, :3] = 2 / height * p[:, 1] - p[:, 2]
    clip[:, 2, :3] = (far + near) / (far - near) * p[:, 2]
    clip[:, 3, :3] = p[:, 2]
    origins = rays.origins[:, 0, 0].double().cpu()
    clip[:, :, 3] = -(clip[:, :, :3] @ origins[..., None])[..., 0]
    clip[:, 2, 3] -= 2 * far * near / (far - near)
    return clip.float().numpy()


def render_solids(
    solids: Solids, rays: Rays, *, vertices: Sequence[np.ndarray] = ()
) -> SolidRender:
    """The solids with nothing behind them.

    Args:
        solids: what stands there.
        rays: in metres.
        vertices: [V, 12] for each frame, in place of the mesh's. Such solids cast no shadows, and
            their depth is not measured (infinite).

    Returns:
        Colour, coverage and depth.

    Raises:
        InputError: OpenGL does not start.
    """
    gl = graphics()
    uploads = _upload(gl, solids, shadows=not vertices)
    frames, height, width = rays.directions.shape[:3]
    eyes = rays.origins[:, 0, 0].cpu().numpy()
    clips = clip_from_world(rays, far=_reach(solids, eyes, vertices))
    colour = np.empty((frames, height, width, 4), np.float16)
    depth = np.zeros((frames, height, width), np.float32)
    for frame in range(frames):
        if vertices:
            uploads.vertices.write(np.ascontiguousarray(vertices[frame], np.float32))
        _draw_colour(gl, uploads, solids, clips[frame], eyes[frame], colour[frame])
        if not vertices:
            _draw_depth(gl, uploads, clips[frame], depth[frame])
    colours = torch.from_numpy(colour).float().movedim(-1, 1)
    depths = torch.from_numpy(depth)[:, None]
    far = torch.full_like(depths, torch.inf)
    device = rays.directions.device
    return SolidRender(colours.to(device), depths.where(depths > 0, far).to(device))


def _reach(solids: Solids, eyes: np.ndarray, vertices: Sequence[np.ndarray]) -> float:
    """Metres from the cameras beyond which there is nothing."""
    farthest = max(float(np.abs(v[:, :3]).max()) for v in vertices or (solids.mesh.vertices,))
    return 1.0 + 1.8 * (farthest + float(np.abs(eyes).max()))  # 1.8 > √3: of a cube's corner


def _upload(gl: Graphics, solids: Solids, *, shadows: bool) -> _Uploads:
    uploads = gl.uploaded.get(solids)
    if uploads is not None:
        return uploads
    context, mesh = gl.context, solids.mesh
    count, side = solids.pictures.shape[:2]
    pictures = context.texture_array(
        (side, side, count), 4, solids.pictures.astype(np.float16).tobytes(), dtype="f2"
    )
    pictures.build_mipmaps()
    pictures.filter = (context.LINEAR_MIPMAP_LINEAR, context.LINEAR)
    buffer = context.buffer(mesh.vertices.tobytes())
    indices = context.buffer(mesh.triangles.tobytes())

    def vertex_array_for(program: "moderngl.Program") -> "moderngl.VertexArray":
        names = [name if name in program else None for name in ATTRIBUTES]
        layout = " ".join(
            f if n else f"{f[0]}x4" for f, n in zip(FORMAT.split(), names, strict=True)
        )
        attributes = [name for name in names if name]
        return context.vertex_array(program, [(buffer, layout, *attributes)], indices)

    depth = vertex_array_for(gl.depth)
    pictures.use(0)
    texture, matrix = _shadow_map(gl, solids, depth if shadows else None)
    surface = vertex_array_for(gl.surface)
    shade = _ground_quad(gl, solids) if shadows else None
    uploads = _Uploads(pictures, buffer, surface, depth, shade, texture, matrix)
    gl.uploaded[solids] = uploads
    return uploads


def _ground_quad(gl: Graphics, solids: Solids) -> "moderngl.VertexArray":
    """The part of the ground where shadows may fall: around all solids."""
    points = solids.mesh.vertices[:, [0, 2]]
    (x0, z0), (x1, z1) = points.min(0) - 20, points.max(0) + 20
    corners = [[x, solids.ground, z] for z in (z0, z1) for x in (x0, x1)]
    buffer = gl.context.buffer(np.array(corners, np.float32).tobytes())
    return gl.context.vertex_array(gl.shade, [(buffer, "3f", "position")])


def _shadow_map(
    gl: Graphics, solids: Solids, mesh_array: "moderngl.VertexArray | None"
) -> tuple["moderngl.Texture", np.ndarray]:
    """Depths seen from the sun, and the projection they are in; empty without a mesh to draw."""
    cells = SHADOW_CELLS if mesh_array is not None else 1
    texture = gl.context.depth_texture((cells, cells))
    texture.compare_func = "<="
    buffer = gl.context.framebuffer(depth_attachment=texture)
    buffer.use()
    buffer.clear(depth=1.0)
    matrix = _sun_projection(solids)
    if mesh_array is not None and solids.mesh.casting:
        context = gl.context
        context.enable_only(context.DEPTH_TEST)
        context.polygon_offset = 2.0, 4.0
        _set(gl.depth, "clip_from_world", _columns(matrix))
        mesh_array.render(vertices=3 * solids.mesh.casting)
        context.polygon_offset = 0.0, 0.0
    return texture, matrix


def _sun_projection(solids: Solids) -> np.ndarray:
    """Orthographic, along the sun's light, around all that casts a shadow: [4, 4] float32."""
    towards = np.array(solids.light.sun_from)
    side = np.cross(towards, [0.0, 0.0, 1.0] if abs(towards[1]) > 0.9 else [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(towards, side), -towards])
    vertices = np.unique(solids.mesh.triangles[: solids.mesh.casting])
    points = solids.mesh.vertices[vertices, :3] if len(vertices) else np.zeros((1, 3))
    on_ground = points.copy()  # where their shadows end
    on_ground[:, 1] = solids.ground
    place = np.concatenate([points, on_ground]) @ axes.T
    low, high = place.min(0) - 0.5, place.max(0) + 0.5
    matrix = np.eye(4)
    matrix[:3, :3] = 2 * axes / (high - low)[:, None]
    matrix[:3, 3] = -(high + low) / (high - low)
    return matrix.astype(np.float32)


def _set(program: "moderngl.Program", name: str, value: object) -> None:
    if name in program:  # compilers leave out what makes no difference
        program[name] = value


def _columns(matrix: np.ndarray) -> tuple[float, ...]:
    """As OpenGL wants it."""
    return tuple(matrix.T.ravel().tolist())


def _draw_colour(
    gl: Graphics,
    uploads: _Uploads,
    solids: Solids,
    clip: np.ndarray,
    eye: np.ndarray,
    out: np.ndarray,
) -> None:
    """One frame into ``out`` [H, W, 4] float16."""
    context, light = gl.context, solids.light
    height, width = out.shape[:2]
    target = gl.colour_buffer(width, height, samples=gl.samples)
    target.use()
    target.clear()
    uploads.pictures.use(0)
    uploads.shadows.use(1)
    for program in (gl.surface, gl.shade):
        _set(program, "clip_from_world", _columns(clip))
        _set(program, "shadow_from_world", _columns(uploads.shadow_from_world))
        _set(program, "shadows", 1)
    if uploads.shade is not None:
        context.enable_only(0)
        _set(gl.shade, "sun_share", light.sun_share)
        uploads.shade.render(context.TRIANGLE_STRIP)
    values = {"sun_from": light.sun_from, "sun": light.sun, "sky": light.sky,
              "bounce": light.bounce, "wrap": light.wrap, "corner_shade": light.corner_shade,
              "ground": solids.ground, "eye": tuple(eye.tolist()), "pictures": 0}  # fmt: skip
    for name, value in values.items():
        _set(gl.surface, name, value)
    context.enable_only(context.DEPTH_TEST)
    for capability in (ALPHA_TO_COVERAGE, ALPHA_TO_ONE):
        context.enable_direct(capability)
    uploads.surface.render()
    for capability in (ALPHA_TO_COVERAGE, ALPHA_TO_ONE):
        context.disable_direct(capability)
    single = gl.colour_buffer(width, height, samples=0)
    context.copy_framebuffer(single, target)
    single.read_into(out, components=4, dtype="f2")


def _draw_depth(gl: Graphics, uploads: _Uploads, clip: np.ndarray, out: np.ndarray) -> None:
    """One frame into ``out`` [H, W] float32; 0 where nothing is."""
    target = gl.depth_buffer(out.shape[1], out.shape[0])
    target.use()
    target.clear()
    uploads.pictures.use(0)
    gl.context.enable_only(gl.context.DEPTH_TEST)
    _set(gl.depth, "clip_from_world", _columns(clip))
    _set(gl.depth, "pictures", 0)
    uploads.depth.render()
    target.read_into(out, components=1, dtype="f4")
