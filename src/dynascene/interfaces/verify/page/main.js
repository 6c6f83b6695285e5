// The page: which clip is shown, keys and votes.

import * as api from "./api.js";
import { groundOf, worldOf } from "./geometry.js";
import { drawGrid, drawPoints } from "./overlay.js";
import { PathView } from "./path.js";
import { Player } from "./player.js";

const part = (id) => document.getElementById(id);
const NAME = "dynascene-rater";

const state = {
  session: null, id: null, clip: null, points: null, ground: null, world: null,
  ready: false, busy: false, queue: [], seen: [], skipped: new Set(),
};
const player = new Player(part("picture"), drawOver, frameMoved);
const path = new PathView(part("path"));

// ---- who

async function begin() {
  state.session = await api.session();
  part("title").textContent = state.session.title;
  document.title = `${state.session.title} · verify`;
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname);
  const name = localStorage.getItem(NAME) ?? "";
  if (!state.session.rater && name && (token || !state.session.token)) {
    await api.enter(name, token ?? "").then((told) => (state.session.rater = told.rater), () => {});
  }
  if (state.session.rater) return enterWork();
  part("token").value = token ?? "";
  part("name").value = name;
  askWho();
}

function askWho() {
  player.close();
  show("door");
  part("token-label").hidden = !state.session.token;
  part("name").focus();
}

async function enter(event) {
  event.preventDefault();
  const told = await api.enter(part("name").value, part("token").value);
  state.session.rater = told.rater;
  localStorage.setItem(NAME, told.rater);
  part("token").value = "";
  await enterWork();
}

async function enterWork() {
  part("who").textContent = state.session.rater;
  Object.assign(state, { queue: [], seen: [], skipped: new Set() });
  await Promise.all([showProgress(), next()]);
}

function show(section) {
  for (const id of ["work", "done", "door"]) part(id).hidden = id !== section;
}

// ---- which clip

async function next() {
  const left = () => state.queue.filter(({ id }) => !state.skipped.has(id) && id !== state.id);
  state.queue = left();
  if (state.queue.length < 2) {
    state.queue = await api.queue();
    state.queue = left();
  }
  const entry = state.queue.shift();
  if (entry) return open(entry.id);
  state.id = null;
  player.close();
  part("done-text").textContent = state.skipped.size
    ? `${state.skipped.size} skipped in this session.` : "All other clips have the votes they need, or yours.";
  show("done");
}

async function open(id) {
  if (state.id && state.id !== id) state.seen.push(state.id);
  player.stop();
  Object.assign(state, { id, clip: null, points: null, ready: false });
  show("work");
  part("broken").hidden = true;
  part("caption").className = "";
  path.clear();
  try {
    const clip = await api.clip(id);
    if (state.id !== id) return;
    state.clip = clip;
    showClip();
    await player.open(api.videoOf(id), clip.times, clip.rate).catch(() =>
      state.id === id && player.open(api.playableVideoOf(id), clip.times, clip.rate));
    if (state.id !== id) return;
    player.speed = Number(part("speed").value);
    player.toggle();
  } catch (error) {
    if (error.status === 401) return askWho();
    if (state.id !== id) return;
    player.close();
    part("frame").value = "";
    part("broken").textContent = error.message;
    part("broken").hidden = false;
  }
  state.ready = true;
  document.body.dataset.ready = id;
  part("picture").focus({ preventScroll: true });
  if (state.clip) showPoints(id);
}

async function showPoints(id) {
  if (!state.session.points) return;
  let told;
  try {
    told = await api.points(id);
  } catch (error) {
    return say(error.message, true);
  }
  if (state.id !== id) return;
  const start = new Array(state.clip.times.length + 1).fill(0);
  for (const frame of told.frame) start[frame + 1]++;
  for (let k = 1; k < start.length; k++) start[k] += start[k - 1];
  state.points = { ...told, start };
  placeGround();
  player.redraw();
  if (state.queue.length) api.points(state.queue[0].id).catch(() => {}); // ready when it comes
}

function showClip() {
  const { clip } = state;
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

// ---- what is drawn

function placeGround() {
  const { clip, points } = state;
  state.world = worldOf(clip.cam_from_world, points?.points);
  const height = state.world.size * 2 ** Number(part("height").value);
  state.ground = groundOf(clip.cam_from_world, height, Number(part("tilt").value));
  path.show(clip, state.world, state.ground, points?.points);
}

function drawOver(context, frame) {
  if (part("grid").checked) drawGrid(context, state.clip, frame, state.ground);
  if (!part("points").checked || !state.points) return;
  const distance = drawPoints(context, state.clip, frame, state.points);
  const label = part("points-error");
  if (!label) return;
  if (Number.isNaN(distance)) label.textContent = "none in this frame";
  else label.textContent = Number.isFinite(distance)
    ? `off by ${distance.toFixed(2)} px` : "most are put behind the camera";
}

function frameMoved(frame) {
  part("scrub").value = frame;
  part("frame").value = `${frame + 1} / ${state.clip.times.length}`;
  part("play").textContent = player.playing ? "Pause" : "Play";
  path.moveTo(frame);
}

function adjust(id, by) {
  part(id).value = Number(part(id).value) + by;
  if (!state.clip) return; // on its way, or broken
  placeGround();
  player.redraw();
}

function flip(id) {
  part(id).checked = !part(id).checked;
  player.redraw();
}

// ---- votes

async function vote(choice) {
  if (!state.ready || !state.id) return; // not before the clip is on the screen
  await api.vote(state.id, choice);
  say(choice, false, choice);
  await Promise.all([next(), showProgress()]);
}

async function undo() {
  const { clip } = await api.undo();
  say(clip ? "vote taken back" : "there is no vote to take back");
  if (clip) {
    state.queue = [];
    state.skipped.delete(clip);
    await Promise.all([open(clip), showProgress()]);
  }
}

async function skip() {
  if (state.id) state.skipped.add(state.id);
  await next();
}

async function back() {
  const id = state.seen.pop();
  if (!id) return;
  state.id = null;
  await open(id);
}

async function again() {
  state.skipped.clear();
  await next();
}

async function showProgress() {
  const { clips, mine, outcomes, agreement } = await api.progress();
  for (const kind of ["accepted", "rejected", "disputed"]) {
    part("bar").querySelector(`.${kind}`).style.width = `${(100 * outcomes[kind]) / clips}%`;
  }
  part("counts").textContent =
    `${clips - outcomes.open} of ${clips} decided · yours ${mine}`;
  part("agreement").textContent = agreement === null ? "" : `agreement α ${agreement.toFixed(2)}`;
}

// ---- hands

function say(text, wrong = false) {
  const box = part("message");
  box.textContent = text;
  box.className = wrong ? "shown wrong" : "shown";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (box.className = ""), wrong ? 6000 : 1200);
}

// One thing at a time: a key that bounces must not vote on a clip that nobody has seen
const once = (action) => async (...given) => {
  if (state.busy) return;
  state.busy = true;
  try {
    await action(...given);
  } catch (error) {
    if (error.status === 401) askWho();
    else say(error.message, true);
  } finally {
    state.busy = false;
  }
};

const KEYS = {
  g: once(() => vote("good")), b: once(() => vote("bad")), u: once(() => vote("unsure")),
  z: once(undo), n: once(skip), p: once(back),
  " ": () => player.toggle(), ArrowLeft: () => player.step(-1), ArrowRight: () => player.step(1),
  h: () => flip("grid"), o: () => flip("points"),
  "[": () => adjust("height", 0.1), "]": () => adjust("height", -0.1),
  ",": () => adjust("tilt", -0.5), ".": () => adjust("tilt", 0.5),
  "?": () => part("help").showModal(),
};
const REPEATING = new Set(["ArrowLeft", "ArrowRight", "[", "]", ",", "."]);

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || part("help").open) return;
  if (!part("door").hidden || event.target.matches("select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = KEYS[key];
  if (!action || (event.repeat && !REPEATING.has(key))) return;
  if (part("work").hidden && !"z?".includes(key)) return;
  event.preventDefault();
  action();
});

const press = (id, action) => part(id).addEventListener("click", action);
for (const [id, key] of [
  ["good", "g"], ["bad", "b"], ["unsure", "u"], ["undo", "z"], ["skip", "n"], ["done-undo", "z"], ["play", " "], ["keys", "?"],
]) press(id, KEYS[key]);
press("again", once(again));
press("who", once(async () => {
  await api.leave();
  askWho();
}));
part("help").querySelector("button").addEventListener("click", () => part("help").close());
part("door").addEventListener("submit", once(enter));
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
once(begin)();
