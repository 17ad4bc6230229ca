import { SourceError, StreamSource, messageOf } from "./stream-source.js";

/**
 * @typedef {import("./stream-source.js").Choice} Choice
 * @typedef {import("./stream-source.js").SourceCode} SourceCode
 */

/** The browser's names for the reasons why a camera cannot be opened. */
const CODES = new Map(
  /** @type {[string, SourceCode][]} */ ([
    ["NotAllowedError", "camera_refused"],
    ["SecurityError", "camera_refused"],
    ["NotFoundError", "camera_missing"],
    ["DevicesNotFoundError", "camera_missing"],
    ["OverconstrainedError", "camera_missing"],
    ["NotReadableError", "camera_busy"],
    ["TrackStartError", "camera_busy"],
    ["AbortError", "camera_busy"],
  ]),
);

/**
 * Ask for a camera: the chosen one, or any other where it is gone.
 *
 * @param {{mediaDevices: MediaDevices | undefined, isSecure: boolean}} browser no `mediaDevices` on a page that is
 *   not secure
 * @param {Choice} choice
 * @returns {Promise<StreamSource>} throws SourceError
 */
export async function openCamera({ mediaDevices, isSecure }, choice) {
  if (!mediaDevices?.getUserMedia) throw new SourceError(isSecure ? "camera_unsupported" : "insecure_page");
  const { deviceId = "" } = choice;
  try {
    return await ask(mediaDevices, choice);
  } catch (error) {
    if (!deviceId || codeOf(error) !== "camera_missing") throw failure(error);
  }
  try {
    return await ask(mediaDevices, { ...choice, deviceId: "" });
  } catch (error) {
    throw failure(error);
  }
}

/**
 * Request a sharper picture than the frames sent, in their shape; on a phone the camera that looks away from
 * the user, where nothing else was chosen.
 *
 * @param {Choice} choice
 * @returns {MediaStreamConstraints}
 */
export function constraintsFor({ deviceId, facing }) {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing || "environment" } };
  return {
    audio: false,
    video: { width: { ideal: 1280 }, height: { ideal: 960 }, frameRate: { ideal: 30 }, ...which },
  };
}

/**
 * @param {MediaDevices} mediaDevices
 * @param {Choice} choice
 */
async function ask(mediaDevices, choice) {
  return new StreamSource("camera", await mediaDevices.getUserMedia(constraintsFor(choice)));
}

/** @param {unknown} error */
function failure(error) {
  const code = codeOf(error);
  return new SourceError(code, code === "camera_failed" ? messageOf(error) : "");
}

/** @param {unknown} error */
function codeOf(error) {
  return (error instanceof Error && CODES.get(error.name)) || "camera_failed";
}
