import { JpegCanvas } from "./jpeg-canvas.js";

/**
 * Makes a JPEG of each picture that the page hands over, and says once that it is there.
 *
 * @typedef {{id: number, picture: ImageBitmap | VideoFrame, width: number, height: number, quality: number}} Job
 * @typedef {{ready: boolean} | {id: number, jpeg: Blob | null}} Answer
 */

const canvas = new JpegCanvas(new OffscreenCanvas(1, 1));

/** @param {MessageEvent<Job>} event */
self.onmessage = async ({ data: { id, picture, ...wanted } }) => {
  const jpeg = await canvas.encode(picture, wanted).catch(() => null).finally(() => picture.close());
  self.postMessage({ id, jpeg });
};

self.postMessage({ ready: canvas.works });
