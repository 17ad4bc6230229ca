import { confidenceOf } from "../../shared/format.js";
import { Painter } from "./painter.js";

/**
 * Make the files that a snapshot saves: the frame with its boxes, and the server's result for it.
 *
 * @typedef {import("../../shared/geometry.js").Size} Size
 * @typedef {import("../transport/messages.js").Detection} Detection
 * @typedef {import("../options.js").Layer} Layer
 * @typedef {import("../state.js").Frame} Frame
 * @typedef {object} SnapshotOptions
 * @property {string} pipeline
 * @property {Readonly<Record<Layer, boolean>>} layers
 * @property {number} minScore what is less sure than this is left out of the picture, and not of the result
 * @property {Date} time when the picture was taken
 * @property {Size} [canvas] the overlay's canvas in its own pixels: the picture is as large where that is larger
 * @typedef {{decode: (jpeg: Blob) => Promise<ImageBitmap>, createCanvas: (size: Size) => OffscreenCanvas}} Browser
 */

/** @type {Browser} */
const BROWSER = {
  decode: (jpeg) => createImageBitmap(jpeg),
  createCanvas: ({ width, height }) => new OffscreenCanvas(width, height),
};

/**
 * The picture is the right way round also where the page mirrors it: what is written on it can be read, and the
 * result's coordinates fit it.
 *
 * @param {{frame: Frame, options: SnapshotOptions, browser?: Browser}} wanted
 * @returns {Promise<{png: Blob, json: string}>}
 */
export async function snapshot({ frame, options, browser = BROWSER }) {
  return { png: await pictureOf(frame, options, browser), json: resultOf(frame, options) };
}

/**
 * @param {Frame} frame
 * @param {SnapshotOptions} options
 * @param {Browser} browser
 */
async function pictureOf(frame, { layers, minScore, canvas }, { decode, createCanvas }) {
  const bitmap = await decode(frame.jpeg);
  const { width, height } = bitmap;
  const scale = Math.max(1, canvas ? Math.min(canvas.width / width, canvas.height / height) : 1);
  const surface = createCanvas({ width: Math.round(width * scale), height: Math.round(height * scale) });
  const context = surface.getContext("2d");
  if (!context) throw new Error("The browser has no room for a picture");
  context.scale(scale, scale);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const detections = frame.detections.filter((detection) => confidenceOf(detection) >= minScore);
  new Painter(context).paint({
    picture: { x: 0, y: 0, width, height },
    mirrored: false,
    layers: { ...layers, trails: false },
    frameIndex: frame.frameIndex,
    drawn: detections.map((detection) => ({ object: { detection, slot: "" }, at: detection, trail: [] })),
    now: frame.takenAt,
    isNew: true,
  });
  return surface.convertToBlob({ type: "image/png" });
}

/**
 * The server's result as JSON.
 *
 * @param {Frame} frame
 * @param {Pick<SnapshotOptions, "pipeline" | "time">} options
 */
function resultOf({ frameIndex, detections, text, counts, timingsMs, size }, { pipeline, time }) {
  const result = {
    pipeline,
    frame_index: frameIndex,
    time: time.toISOString(),
    size,
    result: { detections: detections.map(asSent), text, ...(Object.keys(counts).length > 0 ? { counts } : {}) },
    timings_ms: timingsMs,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** @param {Detection} detection */
function asSent({ textScore, textAgeMs, trackId, ...fields }) {
  return {
    ...fields,
    ...(textScore === undefined ? {} : { text_score: textScore }),
    ...(textAgeMs === undefined ? {} : { text_age_ms: textAgeMs }),
    ...(trackId === undefined ? {} : { track_id: trackId }),
  };
}
