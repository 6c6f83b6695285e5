// The camera's path in space, to be turned by hand.

import { add, centre, cross, dot, fromCamera, gridLines, length, scaled } from "./geometry.js";

const FRUSTA = 9;
const START = { yaw: -0.65, pitch: 0.5, zoom: 1 };

export class PathView {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.turn = { ...START };
    this.clip = null;
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.#reset());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  show(clip, world, ground, points) {
    Object.assign(this, { clip, world, ground, points, frame: 0 });
    this.draw();
  }

  clear() {
    this.clip = null;
    this.draw();
  }

  moveTo(frame) {
    this.frame = frame;
    this.draw();
  }

  draw() {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    if (!this.clip || !canvas.width) return;
    this.#aim();
    context.lineWidth = ratio;
    this.#lines(gridLines({ ...this.ground, step: this.radius / 4 }, -5, 7), "#333b45");
    context.fillStyle = "#55606c";
    for (const [x, y, z, w] of this.points ?? []) {
      if (Math.abs(w) < 1e-9) continue;
      const p = [x / w, y / w, z / w];
      if (length(add(p, this.middle, -1)) > 8 * this.radius) continue;
      const q = this.#at(p);
      if (q) context.fillRect(q[0], q[1], 1.6 * ratio, 1.6 * ratio);
    }
    const { path } = this.world;
    context.lineWidth = 2 * ratio;
    for (let k = 1; k < path.length; k++) this.#lines([[path[k - 1], path[k]]], colour(k, path.length));
    context.lineWidth = ratio;
    const shown = Math.min(FRUSTA, path.length);
    for (let n = 0; n < shown; n++) {
      const k = Math.round((n * (path.length - 1)) / Math.max(1, shown - 1));
      this.#lines(this.#frustum(k), colour(k, path.length, 0.6));
    }
    context.lineWidth = 2.5 * ratio;
    this.#lines(this.#frustum(this.frame), "#ffffff");
  }

  #drag(event) {
    if (!event.buttons) return;
    this.turn.yaw -= event.movementX * 0.01;
    this.turn.pitch = Math.max(-1.5, Math.min(1.5, this.turn.pitch + event.movementY * 0.01));
    this.draw();
  }

  #wheel(event) {
    event.preventDefault();
    this.turn.zoom = Math.max(0.2, Math.min(8, this.turn.zoom * Math.exp(-event.deltaY * 0.0015)));
    this.draw();
  }

  #reset() {
    this.turn = { ...START };
    this.draw();
  }

  // The eye circles about the middle of the path, in the axes of the ground
  #aim() {
    const { path, reach, size } = this.world;
    const low = [0, 1, 2].map((k) => Math.min(...path.map((p) => p[k])));
    const high = [0, 1, 2].map((k) => Math.max(...path.map((p) => p[k])));
    this.middle = scaled(add(low, high), 0.5);
    this.radius = reach < 1e-6 ? size : 0.75 * length(add(high, low, -1));
    const { yaw, pitch } = this.turn;
    const { right, ahead, down } = this.ground;
    const level = add(scaled(right, Math.sin(yaw)), ahead, Math.cos(yaw));
    this.eyeAhead = add(scaled(level, Math.cos(pitch)), down, Math.sin(pitch));
    const side = cross(down, this.eyeAhead);
    this.eyeRight = scaled(side, 1 / length(side));
    this.eyeDown = cross(this.eyeAhead, this.eyeRight);
  }

  #at(point) {
    const from = add(point, this.middle, -1);
    const away = (4 * this.radius) / this.turn.zoom;
    const z = dot(from, this.eyeAhead) + away;
    if (z < 0.05 * away) return null;
    const { width, height } = this.canvas;
    const focal = 1.25 * Math.min(width, height);
    return [
      width / 2 + (focal * dot(from, this.eyeRight)) / z,
      height / 2 + (focal * dot(from, this.eyeDown)) / z];
  }

  #frustum(k) {
    const [pose, [fx, fy, cx, cy], [w, h]] =
      [this.clip.cam_from_world[k], this.clip.view[k], this.clip.size];
    const apex = centre(pose);
    const depth = Math.min((0.45 * this.radius * fx) / w, 0.8 * this.radius);
    const corners = [[0, 0], [w, 0], [w, h], [0, h]].map(([x, y]) =>
      add(apex, fromCamera(pose, [((x - cx) / fx) * depth, ((y - cy) / fy) * depth, depth])));
    return corners.flatMap((corner, n) => [[apex, corner], [corner, corners[(n + 1) % 4]]]);
  }

  #lines(segments, style) {
    this.context.strokeStyle = style;
    this.context.beginPath();
    for (const [a, b] of segments) {
      const [p, q] = [this.#at(a), this.#at(b)];
      if (!p || !q) continue;
      this.context.moveTo(...p);
      this.context.lineTo(...q);
    }
    this.context.stroke();
  }
}

// Dark blue at the start, yellow at the end
const colour = (k, count, alpha = 1) => {
  const share = k / Math.max(1, count - 1);
  return `hsla(${230 - 180 * share}, 70%, ${50 + 15 * share}%, ${alpha})`;
};
