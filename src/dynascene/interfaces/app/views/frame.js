// A frame of the clip: a click points at something, and with the brush a stroke covers it.
// props: is_brush; value, JSON: {picture, frame, answer}, the last of which differs each time.
const COLOUR = "rgba(255, 92, 190, 0.6)";
let stroke = null; // its points, while the pointer is down
let frame = 0, strokeFrame = 0; // the one that is seen, and the one on which the stroke began

const partsOf = () => [element.querySelector("img"), element.querySelector("canvas")];
const pixelAt = (event) => {
  const [image] = partsOf(), box = image.getBoundingClientRect();
  const across = (event.clientX - box.left) / box.width;
  const down = (event.clientY - box.top) / box.height;
  return [across * image.naturalWidth, down * image.naturalHeight];
};
const paint = () => {
  const [image, canvas] = partsOf(), ink = canvas.getContext("2d");
  ink.clearRect(0, 0, canvas.width, canvas.height);
  ink.lineWidth = element.querySelector(".view").dataset.thickness * image.naturalWidth;
  ink.lineCap = ink.lineJoin = "round";
  ink.strokeStyle = COLOUR;
  ink.beginPath();
  ink.moveTo(...stroke[0]);
  for (const point of stroke) ink.lineTo(...point);
  ink.stroke();
};
const fit = () => { // which clears; a stroke that goes on is painted again
  const [image, canvas] = partsOf();
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  if (stroke !== null) paint();
};
const show = () => {
  const [image] = partsOf();
  if (!image) return;
  element.querySelector(".view").classList.toggle("brushed", Boolean(props.is_brush));
  if (!props.value) return;
  const shown = JSON.parse(props.value);
  const arrive = () => { frame = shown.frame; fit(); }; // the marks of a stroke are in the picture
  if (image.src === shown.picture) return arrive();
  image.onload = arrive;
  image.src = shown.picture;
};

element.addEventListener("click", (event) => {
  if (!props.is_brush && event.target.tagName === "IMG") {
    trigger("select", { index: pixelAt(event), value: null, frame });
  }
});
element.addEventListener("pointerdown", (event) => {
  if (!props.is_brush || event.button !== 0 || event.target.tagName !== "CANVAS") return;
  event.target.setPointerCapture(event.pointerId);
  [stroke, strokeFrame] = [[pixelAt(event)], frame];
  paint();
});
element.addEventListener("pointermove", (event) => {
  if (stroke === null) return;
  stroke.push(pixelAt(event));
  paint();
});
element.addEventListener("pointerup", () => {
  if (stroke === null) return;
  trigger("release", { stroke, frame: strokeFrame });
  stroke = null; // what is painted stays until the answer comes
});
element.addEventListener("pointercancel", () => { stroke = null; fit(); });
watch(["value", "is_brush"], show);
show();
