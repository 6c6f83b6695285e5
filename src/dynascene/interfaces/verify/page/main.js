// The page: who is there, which clip is shown, keys and votes.

import * as api from "./api.js";
import * as view from "./view.js";
import { part } from "./view.js";

const NAME = "dynascene-rater";

const state = {
  session: null, id: null, ready: false, busy: false, queue: [], seen: [], skipped: new Set(),
};

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
  view.close();
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
  view.close();
  part("done-text").textContent = state.skipped.size
    ? `${state.skipped.size} skipped in this session.` : "All other clips have the votes they need, or yours.";
  show("done");
}

async function open(id) {
  if (state.id && state.id !== id) state.seen.push(state.id);
  Object.assign(state, { id, ready: false });
  show("work");
  view.clear();
  const wanted = () => state.id === id;
  try {
    const clip = await api.clip(id);
    if (!wanted()) return;
    await view.open(clip, [api.videoOf(id), api.playableVideoOf(id)], wanted);
    if (!wanted()) return;
  } catch (error) {
    if (error.status === 401) return askWho();
    if (!wanted()) return;
    view.tellBroken(error.message);
  }
  state.ready = true;
  document.body.dataset.ready = id;
  part("picture").focus({ preventScroll: true });
  if (view.hasClip()) showPoints(id);
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
  view.showPoints(told);
  if (state.queue.length) api.points(state.queue[0].id).catch(() => {}); // ready when it comes
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
  " ": view.toggle, ArrowLeft: () => view.step(-1), ArrowRight: () => view.step(1),
  h: () => view.flip("grid"), o: () => view.flip("points"),
  "[": () => view.adjust("height", 0.1), "]": () => view.adjust("height", -0.1),
  ",": () => view.adjust("tilt", -0.5), ".": () => view.adjust("tilt", 0.5),
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
once(begin)();
