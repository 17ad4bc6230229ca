/**
 * Streams this page's camera to a ForgeSyte of another origin, and shows what it finds and reads there.
 *
 * @typedef {{x: number, y: number, w: number, h: number, label: string, text?: string}} Detection in parts of the frame
 * @typedef {{result?: {detections: Detection[]}, dropped?: true, warning?: string, error?: string, detail?: string}} Message
 */

const MOST_FRAMES_A_SECOND = 10;
const JPEG_QUALITY = 0.8;

const { server = "", pipeline = "" } = document.documentElement.dataset;
const start = /** @type {HTMLButtonElement} */ (document.getElementById("start"));
const stop = /** @type {HTMLButtonElement} */ (document.getElementById("stop"));
const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const video = /** @type {HTMLVideoElement} */ (document.getElementById("video"));
const boxes = /** @type {HTMLCanvasElement} */ (document.getElementById("boxes"));
const words = /** @type {HTMLElement} */ (document.getElementById("words"));

/** One session: sends a frame, waits for its answer, and sends the next one. */
export class Stream {
  #socket;
  #picture = document.createElement("canvas");

  /**
   * @param {HTMLVideoElement} source a video that plays
   * @param {(detections: Detection[]) => void} found
   * @param {(reason: string) => void} ended
   */
  constructor(source, found, ended) {
    let reason = "The server cannot be reached, or does not allow this page’s origin";
    // The address of the server with its path, if it has one; http becomes ws, and https wss.
    const address = new URL(`${server.replace(/\/$/, "")}/ws/video/stream`);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("pipeline_id", pipeline);
    this.#socket = new WebSocket(address);
    this.#socket.addEventListener("open", () => this.#send(source));
    this.#socket.addEventListener("message", ({ data }) => {
      const message = /** @type {Message} */ (JSON.parse(data));
      if (message.error) reason = message.detail ?? message.error;
      if (message.result) found(message.result.detections);
      if (message.result || message.dropped) setTimeout(() => this.#send(source), 1000 / MOST_FRAMES_A_SECOND);
    });
    this.#socket.addEventListener("close", ({ code }) => ended(code === 1000 ? "Stopped" : reason));
  }

  close() {
    this.#socket.close(1000);
  }

  /** @param {HTMLVideoElement} source */
  #send(source) {
    this.#picture.width = source.videoWidth;
    this.#picture.height = source.videoHeight;
    this.#picture.getContext("2d")?.drawImage(source, 0, 0);
    const send = (/** @type {Blob | null} */ jpeg) => {
      if (jpeg && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(jpeg);
    };
    this.#picture.toBlob(send, "image/jpeg", JPEG_QUALITY);
  }
}

/** @param {Detection[]} detections */
function show(detections) {
  boxes.width = video.videoWidth;
  boxes.height = video.videoHeight;
  const pen = /** @type {CanvasRenderingContext2D} */ (boxes.getContext("2d"));
  pen.strokeStyle = pen.fillStyle = "#e5484d";
  pen.lineWidth = 3;
  pen.font = "18px system-ui, sans-serif";
  for (const { x, y, w, h, label, text } of detections) {
    pen.strokeRect(x * boxes.width, y * boxes.height, w * boxes.width, h * boxes.height);
    pen.fillText(text ?? label, x * boxes.width, y * boxes.height - 5);
  }
  // What is read comes from outside: it is shown as text, never as HTML.
  const lines = detections.flatMap(({ text }) => (text ? [text] : []));
  words.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

/** @type {MediaStream | null} */
let camera = null;
/** @type {Stream | null} */
let stream = null;

/** @param {string} reason */
function ended(reason) {
  for (const track of camera?.getTracks() ?? []) track.stop();
  camera = stream = null;
  state.textContent = reason;
  start.disabled = false;
  stop.disabled = true;
}

start.addEventListener("click", async () => {
  start.disabled = true;
  state.textContent = "Starting";
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    video.srcObject = camera;
    await video.play();
  } catch {
    ended("The camera cannot be used");
    return;
  }
  state.textContent = "Streaming";
  stop.disabled = false;
  stream = new Stream(video, show, ended);
});
stop.addEventListener("click", () => stream?.close());
