// Cameras as the server tells them: OpenCV axes (x right, y down, z ahead), world → camera.
// A pose is 12 numbers, the rows of [R | t]; a view is [fx, fy, cx, cy].

export const add = (a, b, s = 1) => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const scaled = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const length = (a) => Math.sqrt(dot(a, a));

// R X + w t: w = 0 for a direction
export function toCamera(pose, point, w = 1) {
  const row = (k) =>
    pose[k] * point[0] + pose[k + 1] * point[1] + pose[k + 2] * point[2] + pose[k + 3] * w;
  return [row(0), row(4), row(8)];
}

// Rᵀ d: an axis of the camera as a direction of the world
export function fromCamera(pose, d) {
  return [0, 1, 2].map((k) => pose[k] * d[0] + pose[k + 4] * d[1] + pose[k + 8] * d[2]);
}

// −Rᵀ t
export const centre = (pose) => scaled(fromCamera(pose, [pose[3], pose[7], pose[11]]), -1);

// camera → pixels; z must be positive
export const toPixel = (view, p) => [
  (view[0] * p[0]) / p[2] + view[2], (view[1] * p[1]) / p[2] + view[3]];

// The part of a segment in camera axes that lies before z = near, or null
export function clipped(a, b, near) {
  if (a[2] < near && b[2] < near) return null;
  if (a[2] >= near && b[2] >= near) return [a, b];
  const share = (near - a[2]) / (b[2] - a[2]);
  const cut = add(a, add(b, a, -1), share);
  return a[2] < near ? [cut, b] : [a, cut];
}

export function median(numbers) {
  if (!numbers.length) return NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

// A clip's world as it is drawn: `size` is the length that stands for a person or so, from the
// points where they have a distance, else from the path; a camera that only turns has none, and 1
// is as good as any.
export function worldOf(cameras, points) {
  const first = cameras[0];
  const path = cameras.map(centre);
  const reach = Math.max(...path.map((p) => length(add(p, path[0], -1))));
  const below = [];
  for (const [x, y, z, w] of points ?? []) {
    const p = toCamera(first, [x, y, z], w);
    if (Math.abs(w) > 1e-9 && p[2] / w > 0 && p[1] / w > 0) below.push(p[1] / w);
  }
  below.sort((a, b) => a - b);
  const deep = below[Math.floor(below.length * 0.85)];
  return { path, reach, size: reach < 1e-6 ? 1 : deep ?? 0.75 * reach };
}

// The ground: `height` below the first camera, whose own axes, tilted about its right, are level.
export function groundOf(cameras, height, tiltDegrees) {
  const angle = (tiltDegrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const down = fromCamera(cameras[0], [0, c, s]);
  const ahead = fromCamera(cameras[0], [0, -s, c]);
  return { origin: add(centre(cameras[0]), down, height), right: fromCamera(cameras[0], [1, 0, 0]),
    ahead, down, step: height };
}

// Its lines as pairs of points, with the distance of each from the middle in steps
export function gridLines(ground, from, to) {
  const at = (i, j) =>
    add(add(ground.origin, ground.right, i * ground.step), ground.ahead, j * ground.step);
  const lines = [];
  const reach = (to - from) / 2;
  for (let i = -reach; i <= reach; i++) {
    for (let j = from; j < to; j++) lines.push([at(i, j), at(i, j + 1)]);
  }
  for (let j = from; j <= to; j++) {
    for (let i = -reach; i < reach; i++) lines.push([at(i, j), at(i + 1, j)]);
  }
  return lines;
}
