/**
 * The state of the live page, and the texts derived from it.
 *
 * @typedef {import("./transport/stream-socket.js").Connection} Connection
 * @typedef {import("./panels/errors.js").Failure} Failure
 * @typedef {import("./transport/messages.js").Detection} Detection
 * @typedef {import("../shared/geometry.js").Size} Size
 * @typedef {import("./capture/stream-source.js").SourceKind} SourceKind
 * @typedef {import("./capture/stream-source.js").Facing} Facing
 * @typedef {import("./capture/devices.js").Device} Device
 * @typedef {object} Frame one that was answered
 * @property {number} frameIndex
 * @property {readonly Detection[]} detections
 * @property {string} text
 * @property {import("./panels/count-list.js").Counts} counts
 * @property {Readonly<Record<string, number>>} timingsMs what the server took for it
 * @property {number} takenAt when its picture was taken, by the page's clock
 * @property {Size} size in pixels, as it was sent
 * @property {Blob} jpeg the very picture that was sent
 * @typedef {object} LiveState
 * @property {string} pipelineId
 * @property {"off" | "starting" | "on"} camera the source, whichever it is
 * @property {SourceKind} source
 * @property {string} sourceName the source's name for the user; empty while it is off
 * @property {Facing} facing which way the camera that is on looks, where it says so
 * @property {readonly Device[]} devices cameras to choose among
 * @property {string} deviceId the camera that is on
 * @property {boolean} isSwitching another source is being opened, while this one is on
 * @property {"moving" | "paused" | "still"} picture whether the source gives new pictures
 * @property {Connection} connection
 * @property {boolean} isWarming no result has come on this connection yet
 * @property {boolean} isWaiting the server has owed an answer for a while
 * @property {Frame | null} frame the newest frame that was answered, while it is shown
 * @property {number | null} delayMs from taking that frame's picture to its answer
 * @property {number | null} fps frames answered a second, lately
 * @property {readonly string[]} warnings what the server left out or made smaller in this session
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
    source: "camera",
    sourceName: "",
    facing: "",
    devices: Object.freeze([]),
    deviceId: "",
    isSwitching: false,
    picture: "moving",
    connection: { name: "disconnected" },
    isWarming: true,
    isWaiting: false,
    frame: null,
    delayMs: null,
    fps: null,
    warnings: Object.freeze([]),
    failure: null,
  };
}

const WORDS = Object.freeze({
  camera: {
    off: "Camera off",
    starting: "Waiting for the camera",
    opening: "Allow the camera when the browser asks.",
    paused: "The camera is held back by the system or by a switch on it.",
    still: "The camera gives no new picture. Stop it and start it again.",
  },
  screen: {
    off: "Screen not shared",
    starting: "Waiting for the screen",
    opening: "Choose what to share.",
    paused: "The system holds the screen’s picture back.",
    still: "",
  },
  file: {
    off: "Video stopped",
    starting: "Opening the video",
    opening: "Opening the video.",
    paused: "",
    still: "The video does not go on. Stop it and start it again.",
  },
});

/**
 * The text and tone of the status line.
 *
 * @param {Pick<LiveState, "camera" | "source" | "connection" | "failure">} state
 * @returns {{text: string, tone: Tone}}
 */
export function statusOf({ camera, source, connection, failure }) {
  if (camera === "starting") return { text: WORDS[source].starting, tone: "busy" };
  if (camera === "off") return { text: WORDS[source].off, tone: failure ? "bad" : "idle" };
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
 * The note over the picture: a permission to give, a paused source, loading or waiting.
 *
 * @param {Pick<LiveState, "camera" | "source" | "isSwitching" | "picture" | "connection" | "isWarming" |
 *                         "isWaiting">} state
 * @returns {string} empty where nothing needs to be said
 */
export function noteOf({ camera, source, isSwitching, picture, connection, isWarming, isWaiting }) {
  if (camera === "starting" || isSwitching) return WORDS[source].opening;
  if (camera === "off") return "";
  if (picture !== "moving") return WORDS[source][picture];
  if (connection.name !== "connected") return "";
  if (isWarming) return "Loading the pipeline. The first time takes a moment.";
  return isWaiting ? "Waiting for the server." : "";
}
