// A video that is shown frame by frame: each is copied to the canvas together with what is drawn
// over it, so the two can never be of different frames.

export class Player {
  // draw(context, frame): called after the picture is there. moved(frame): after each drawing.
  constructor(canvas, draw, moved) {
    this.context = canvas.getContext("2d");
    this.draw = draw;
    this.moved = moved;
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, loop: true, playsInline: true, preload: "auto" });
    this.frame = 0;
    this.times = [];
    this.loaded = 0;
  }

  // Resolves when the first frame is drawn; rejects where the browser cannot play the video.
  open(address, times, rate) {
    this.stop();
    const number = this.loaded;
    this.times = times;
    this.last = 1 / rate;
    const { video } = this;
    return new Promise((resolve, reject) => {
      video.onerror = () => reject(new Error("the browser cannot play this video"));
      this.first = resolve;
      video.src = address;
      this.#listen(number);
    });
  }

  // Nothing is drawn any more; the last picture stays.
  stop() {
    this.loaded++;
    this.begin = null;
    this.video.pause();
  }

  close() {
    this.stop();
    this.video.removeAttribute("src");
    this.video.load();
    this.context.clearRect(0, 0, this.context.canvas.width, this.context.canvas.height);
  }

  get playing() {
    return !this.video.paused;
  }

  set speed(value) {
    this.video.defaultPlaybackRate = this.video.playbackRate = value;
  }

  toggle() {
    if (this.playing) this.video.pause();
    else this.video.play().catch(() => {});
  }

  seek(frame) {
    const count = this.times.length;
    if (!count) return; // no clip could be opened yet
    const wanted = Math.max(0, Math.min(count - 1, frame));
    const until = this.times[wanted + 1] ?? this.times[wanted] + this.last;
    this.video.currentTime = (this.begin ?? 0) + (this.times[wanted] + until) / 2;
  }

  step(by) {
    this.video.pause();
    this.seek((this.frame + by + this.times.length) % this.times.length);
  }

  redraw() {
    if (this.begin === null) return;
    const { canvas } = this.context;
    this.context.drawImage(this.video, 0, 0, canvas.width, canvas.height);
    this.draw(this.context, this.frame);
    this.moved(this.frame);
  }

  #listen(number) {
    const shown = (_, { mediaTime }) => {
      if (number !== this.loaded) return;
      this.#show(mediaTime);
      this.#listen(number);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(shown);
    else requestAnimationFrame(() => this.video.readyState < 2
      ? number === this.loaded && this.#listen(number)
      : shown(0, { mediaTime: this.video.currentTime }));
  }

  #show(time) {
    if (this.begin === null) {
      this.begin = time; // some files do not begin at 0
      this.#fit();
    }
    this.frame = nearest(this.times, time - this.begin);
    this.redraw();
    this.first?.();
    this.first = null;
  }

  // Lines are drawn in the canvas: a small video gets more pixels than it has
  #fit() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const factor = Math.max(1, Math.min(4, Math.ceil(1280 / width)));
    Object.assign(this.context.canvas, { width: width * factor, height: height * factor });
  }
}

// The frame that is shown at a time: the last that began, give or take rounding
export function nearest(times, time) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle - 1;
  }
  const next = times[low + 1];
  return next !== undefined && next - time < (next - times[low]) / 4 ? low + 1 : low;
}
