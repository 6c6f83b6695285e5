// The clip on the screen: its video, what is drawn over it, the camera's path, and their controls.

import { groundOf, worldOf } from "./geometry.js";
import { drawGrid, drawPoints } from "./overlay.js";
import { PathView } from "./path.js";
import { Player } from "./player.js";

export const part = (id) => document.getElementById(id);

const shown = { clip: null, points: null, ground: null, world: null };
const player = new Player(part("picture"), drawOver, frameMoved);
const path = new PathView(part("path"));

export const hasClip = () => shown.clip !== null;
export const toggle = () => player.toggle();
export const step = (by) => player.step(by);
export const close = () => player.close();

// Make room for another clip; the last picture stays until that one is there.
export function clear() {
  player.stop();
  Object.assign(shown, { clip: null, points: null });
  part("broken").hidden = true;
  part("caption").className = "";
  path.clear();
}

// Show a clip and play it. addresses: of its video, and of a copy that plays everywhere. wanted():
// whether it is still this clip that is to be shown. Rejects where neither can be played.
export async function open(clip, [video, copy], wanted) {
  shown.clip = clip;
  showClip();
  await player.open(video, clip.times, clip.rate).catch(() =>
    wanted() && player.open(copy, clip.times, clip.rate));
  if (!wanted()) return;
  player.speed = Number(part("speed").value);
  player.toggle();
}

export function tellBroken(why) {
  player.close();
  part("frame").value = "";
  part("broken").textContent = why;
  part("broken").hidden = false;
}

// Points of the background, as the server tells them
export function showPoints(told) {
  const start = new Array(shown.clip.times.length + 1).fill(0);
  for (const frame of told.frame) start[frame + 1]++;
  for (let k = 1; k < start.length; k++) start[k] += start[k - 1];
  shown.points = { ...told, start };
  placeGround();
  player.redraw();
}

function showClip() {
  const { clip } = shown;
  part("clip-name").textContent = clip.name;
  part("clip-name").title = clip.name;
  part("scrub").max = clip.times.length - 1;
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.classList.toggle("mine", button.dataset.choice === clip.choice);
  }
  part("height").value = part("tilt").value = 0;
  placeGround();
  const { kind, verdict, reasons, clip: figures } = clip.camera;
  part("mark").textContent = verdict === "doubtful" ? "doubtful camera" : "";
  fill(part("camera"), [
    ["camera", verdict ? `${kind}, ${verdict}` : "no report of the tracker", verdict],
    ["doubts", reasons?.join("; ")],
    ["held-out error", figures?.held_out_error != null && `${figures.held_out_error.toFixed(2)} px`],
    ["points", "", "", "points-error"],
  ]);
}

function fill(list, rows) {
  list.replaceChildren();
  for (const [name, value, kind, id] of rows) {
    if (!value && !id) continue;
    const [term, definition] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    definition.textContent = value;
    if (kind === "good" || kind === "doubtful") definition.className = kind;
    if (id) definition.id = id;
    list.append(term, definition);
  }
}

function placeGround() {
  const { clip, points } = shown;
  shown.world = worldOf(clip.cam_from_world, points?.points);
  const height = shown.world.size * 2 ** Number(part("height").value);
  shown.ground = groundOf(clip.cam_from_world, height, Number(part("tilt").value));
  path.show(clip, shown.world, shown.ground, points?.points);
}

function drawOver(context, frame) {
  if (part("grid").checked) drawGrid(context, shown.clip, frame, shown.ground);
  if (!part("points").checked || !shown.points) return;
  const distance = drawPoints(context, shown.clip, frame, shown.points);
  const label = part("points-error");
  if (!label) return;
  if (Number.isNaN(distance)) label.textContent = "none in this frame";
  else label.textContent = Number.isFinite(distance)
    ? `off by ${distance.toFixed(2)} px` : "most are put behind the camera";
}

function frameMoved(frame) {
  part("scrub").value = frame;
  part("frame").value = `${frame + 1} / ${shown.clip.times.length}`;
  part("play").textContent = player.playing ? "Pause" : "Play";
  path.moveTo(frame);
}

// Move the ground by its slider, or to where the slider was moved
export function adjust(id, by) {
  part(id).value = Number(part(id).value) + by;
  if (!shown.clip) return; // on its way, or broken
  placeGround();
  player.redraw();
}

// Show the grid, or the points, or hide them
export function flip(id) {
  part(id).checked = !part(id).checked;
  player.redraw();
}

part("scrub").addEventListener("input", () => {
  player.video.pause();
  player.seek(Number(part("scrub").value));
});
part("speed").addEventListener("change", () => (player.speed = Number(part("speed").value)));
for (const id of ["grid", "points"]) part(id).addEventListener("change", () => player.redraw());
for (const id of ["height", "tilt"]) part(id).addEventListener("input", () => adjust(id, 0));
for (const kind of ["play", "pause"]) {
  player.video.addEventListener(kind, () => (part("play").textContent = player.playing ? "Pause" : "Play"));
}
