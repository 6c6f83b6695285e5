// The place with its horizon: a click tells where the person stands, the line is dragged or moved by
// arrow keys, and a mouse or pen draws a box around what is to stand. The picture comes as JSON:
// {picture, horizon}; a null horizon is unknown.
const STEP = 0.005, LEAP = 0.05;
const MOVES = { ArrowUp: -STEP, ArrowDown: STEP, PageUp: -LEAP, PageDown: LEAP, Home: -1, End: 1 };
const LEAST = 0.02; // of a side of the picture: a drag that is shorter both ways is a click
let share = 0.5, lastShare = share, isMoving = false; // the last: where the line rests
let corner = null, hasDrawn = false; // where a box was begun, in shares of the picture's sides

const lineOf = () => element.querySelector(".horizon");
const within = (value) => Math.min(1, Math.max(0, value));

const place = (value) => {
  share = within(value);
  const line = lineOf();
  line.style.top = `${100 * share}%`;
  line.setAttribute("aria-valuenow", share.toFixed(3));
};
const shareAt = (event) => {
  const box = element.querySelector("img").getBoundingClientRect();
  return (event.clientY - box.top) / box.height;
};
const pointAt = (event) => {
  const { left, top, width, height } = element.querySelector("img").getBoundingClientRect();
  return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
};
const boxTo = (event) => {
  const [x, y] = pointAt(event), [x0, y0] = corner;
  const box = [Math.min(x0, x), Math.min(y0, y), Math.max(x0, x), Math.max(y0, y)];
  return Math.max(box[2] - box[0], box[3] - box[1]) >= LEAST ? box : null;
};
const showBox = (box) => {
  const frame = element.querySelector(".box");
  frame.hidden = !box;
  if (!box) return;
  const sides = ["left", "top", "right", "bottom"];
  const insets = [box[0], box[1], 1 - box[2], 1 - box[3]];
  sides.forEach((side, n) => { frame.style[side] = `${100 * insets[n]}%`; });
};
const release = () => {
  isMoving = false;
  const line = lineOf(), isSet = !line.classList.contains("unknown");
  if (isSet && share === lastShare) return;
  line.classList.remove("unknown");
  lastShare = share;
  trigger("release", { horizon: share });
};

const draw = () => {
  const image = element.querySelector("img");
  if (!image || !props.value) return;
  const shown = JSON.parse(props.value);
  if (image.src !== shown.picture) image.src = shown.picture;
  if (isMoving) return; // an answer must not take the line out of a hand
  lineOf().classList.toggle("unknown", shown.horizon === null);
  if (shown.horizon !== null) place(lastShare = shown.horizon);
};

element.addEventListener("pointerdown", (event) => {
  hasDrawn = false;
  if (event.button === 0 && event.target.tagName === "IMG" && event.pointerType !== "touch") {
    event.target.setPointerCapture(event.pointerId);
    corner = pointAt(event);
    return;
  }
  if (event.button !== 0 || !event.target.closest(".horizon")) return;
  lineOf().setPointerCapture(event.pointerId);
  isMoving = true;
});
element.addEventListener("pointermove", (event) => {
  if (corner) showBox(boxTo(event));
  if (isMoving && lineOf().hasPointerCapture(event.pointerId)) place(shareAt(event));
});
element.addEventListener("pointerup", (event) => {
  if (isMoving) release();
  if (!corner) return;
  const box = boxTo(event);
  corner = null;
  showBox(null);
  if (!box) return;
  hasDrawn = true; // the click that follows is none
  if (box[0] < box[2] && box[1] < box[3]) trigger("edit", { box });
});
element.addEventListener("pointercancel", () => {
  isMoving = false;
  place(lastShare);
  corner = null;
  showBox(null);
});
element.addEventListener("keydown", (event) => {
  if (!event.target.closest(".horizon") || !(event.key in MOVES)) return;
  event.preventDefault();
  isMoving = true;
  place(share + MOVES[event.key]);
});
for (const end of ["keyup", "focusout"]) {
  element.addEventListener(end, () => { if (isMoving) release(); });
}
element.addEventListener("click", (event) => {
  if (event.target.tagName !== "IMG" || hasDrawn) return;
  const { left, top, width, height } = event.target.getBoundingClientRect();
  const across = (event.clientX - left) / width, down = (event.clientY - top) / height;
  const { naturalWidth, naturalHeight } = event.target;
  trigger("select", { index: [across * naturalWidth, down * naturalHeight], value: null });
});
watch("value", draw);
draw();
