// What is drawn over a frame, as the estimated camera sees it.

import { add, clipped, gridLines, median, toCamera, toPixel } from "./geometry.js";

const GRID = "92, 179, 255";
const OFF = 3; // pixels: a point further from where it was seen is drawn as wrong

export function drawGrid(context, clip, frame, ground) {
  const [pose, view, scale] = [clip.cam_from_world[frame], clip.view[frame], scaleOf(context, clip)];
  const near = ground.step * 0.05;
  context.lineWidth = Math.max(1, context.canvas.width / 900);
  for (const [a, b] of gridLines(ground, -6, 22)) {
    const seen = clipped(toCamera(pose, a), toCamera(pose, b), near);
    if (!seen) continue;
    const distance = (seen[0][2] + seen[1][2]) / 2 / ground.step;
    stroke(context, seen.map((p) => pixel(view, p, scale)), `rgba(${GRID}, ${fade(distance)})`);
  }
  for (const [i, j] of [[-2, 4], [2, 4], [-3, 8], [3, 8], [-4, 14], [4, 14]]) {
    drawPost(context, pose, view, scale, ground, i, j);
  }
}

// Posts stand upright on the grid: a camera that turns wrongly tips them over
function drawPost(context, pose, view, scale, ground, i, j) {
  const foot = add(add(ground.origin, ground.right, i * ground.step), ground.ahead, j * ground.step);
  const top = add(foot, ground.down, -0.8 * ground.step);
  const seen = clipped(toCamera(pose, foot), toCamera(pose, top), ground.step * 0.05);
  if (!seen) return;
  stroke(context, seen.map((p) => pixel(view, p, scale)), "rgba(255, 196, 92, 0.9)");
}

// Crosses: where a point was seen. Rings: where the camera puts it. Returns their median distance
// in pixels of the video.
export function drawPoints(context, clip, frame, followed) {
  const [pose, view, scale] = [clip.cam_from_world[frame], clip.view[frame], scaleOf(context, clip)];
  const unit = Math.max(1, context.canvas.width / 900);
  const distances = [];
  context.lineWidth = 1.3 * unit;
  for (let n = followed.start[frame]; n < followed.start[frame + 1]; n++) {
    const [x, y, z, w] = followed.points[followed.point[n]];
    let p = toCamera(pose, [x, y, z], w);
    if (p[2] < 0 && Math.abs(w) < 1e-9) p = p.map((value) => -value); // a direction has no sign
    const seen = [followed.seen[n][0] * clip.size[0], followed.seen[n][1] * clip.size[1]];
    const put = p[2] / (w || 1) > 0 || Math.abs(w) < 1e-9 ? toPixel(view, p) : null;
    const distance = put ? Math.hypot(put[0] - seen[0], put[1] - seen[1]) : Infinity;
    distances.push(distance);
    const colour = distance > OFF ? "#ff7a6b" : "#7be0ad";
    mark(context, seen.map((v, k) => v * scale[k]), put?.map((v, k) => v * scale[k]), colour, unit);
  }
  return median(distances);
}

function mark(context, seen, put, colour, unit) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(seen[0] - 3 * unit, seen[1]);
  context.lineTo(seen[0] + 3 * unit, seen[1]);
  context.moveTo(seen[0], seen[1] - 3 * unit);
  context.lineTo(seen[0], seen[1] + 3 * unit);
  if (put) {
    context.moveTo(...seen);
    context.lineTo(...put);
    context.moveTo(put[0] + 4.5 * unit, put[1]);
    context.arc(put[0], put[1], 4.5 * unit, 0, 2 * Math.PI);
  }
  context.stroke();
}

const scaleOf = (context, clip) =>
  [context.canvas.width / clip.size[0], context.canvas.height / clip.size[1]];

const pixel = (view, p, scale) => toPixel(view, p).map((value, k) => value * scale[k]);

const fade = (steps) => Math.max(0.06, Math.min(0.85, 3.5 / (1 + Math.abs(steps)))).toFixed(2);

function stroke(context, [a, b], style) {
  context.strokeStyle = style;
  context.beginPath();
  context.moveTo(...a);
  context.lineTo(...b);
  context.stroke();
}
