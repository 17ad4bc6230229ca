/**
 * The state of the live page, and what follows from it.
 *
 * @typedef {import("./socket.js").Connection} Connection
 * @typedef {import("./errors.js").Failure} Failure
 * @typedef {import("./messages.js").Detection} Detection
 * @typedef {{frameIndex: number, detections: readonly Detection[]}} Frame
 * @typedef {object} LiveState
 * @property {string} pipelineId
 * @property {"off" | "starting" | "on"} camera
 * @property {Connection} connection
 * @property {boolean} isWarming no result has come on this connection yet
 * @property {boolean} isWaiting the server has owed an answer for a while
 * @property {Frame | null} frame the newest frame that was answered, while it is shown
 * @property {number | null} delayMs from taking that frame's picture to its answer
 * @property {number | null} fps frames answered a second, lately
 * @property {Failure | null} failure
 * @typedef {"idle" | "busy" | "good" | "bad"} Tone
 */

/**
 * @param {string} pipelineId
 * @returns {LiveState}
 */
export function initialState(pipelineId) {
  return {
    pipelineId,
    camera: "off",
    connection: { name: "disconnected" },
    isWarming: true,
    isWaiting: false,
    frame: null,
    delayMs: null,
    fps: null,
    failure: null,
  };
}

/**
 * The line that says how things stand.
 *
 * @param {Pick<LiveState, "camera" | "connection" | "failure">} state
 * @returns {{text: string, tone: Tone}}
 */
export function statusOf({ camera, connection, failure }) {
  if (camera === "starting") return { text: "Waiting for the camera", tone: "busy" };
  if (camera === "off") return { text: "Camera off", tone: failure ? "bad" : "idle" };
  switch (connection.name) {
    case "connecting":
      return { text: "Connecting", tone: "busy" };
    case "connected":
      return { text: "Connected", tone: "good" };
    case "reconnecting":
      return { text: "Reconnecting", tone: "busy" };
    default:
      return { text: "Disconnected", tone: "bad" };
  }
}

/**
 * What lies over the picture while there is nothing to draw.
 *
 * @param {Pick<LiveState, "camera" | "connection" | "isWarming" | "isWaiting">} state
 * @returns {string} empty where nothing needs to be said
 */
export function noteOf({ camera, connection, isWarming, isWaiting }) {
  if (camera === "starting") return "Allow the camera when the browser asks.";
  if (camera === "off" || connection.name !== "connected") return "";
  if (isWarming) return "Loading the pipeline. The first time takes a moment.";
  return isWaiting ? "Waiting for the server." : "";
}
