/**
 * The texts for errors: what happened, and what the user can do about it.
 *
 * @typedef {{title: string, advice: string}} Words
 * @typedef {{code: string, detail: string}} Failure
 */

/** @type {Readonly<Record<string, Words>>} */
const WORDS = Object.freeze({
  // What the server says.
  invalid_pipeline: {
    title: "This pipeline cannot be used",
    advice: "It may have been removed, renamed or switched off. Choose another one, or try again.",
  },
  invalid_message: {
    title: "The server did not understand this page",
    advice: "The page may be older than the server. Reload it.",
  },
  invalid_frame: {
    title: "The server could not read a picture",
    advice: "The browser sent a picture that is not a whole JPEG. Try again.",
  },
  frame_too_large: {
    title: "The picture is too large for the server",
    advice: "Try again. If it happens again, ask whoever runs the server to raise the size limit.",
  },
  pipeline_failure: {
    title: "The pipeline failed",
    advice: "Try again, or choose another pipeline.",
  },
  internal_error: {
    title: "Something broke on the server",
    advice: "Try again. If it happens again, the server’s log says more.",
  },
  too_many_sessions: {
    title: "The server takes no more streams now",
    advice: "Close a tab that streams, or try again in a while.",
  },
  idle_timeout: {
    title: "The stream fell asleep",
    advice: "The camera sent no picture for a while, so the server closed the connection. Retry wakes it.",
  },
  server_shutdown: {
    title: "The server was stopped",
    advice: "Try again once it is running.",
  },
  login_required: {
    title: "You are signed out",
    advice: "Reload the page to sign in again.",
  },
  forbidden: {
    title: "You may not stream here",
    advice: "Ask an operator of this server.",
  },
  session_ended: {
    title: "An operator ended your stream",
    advice: "Ask an operator of this server, or try again later.",
  },
  code_required: {
    title: "This server asks for a code",
    advice: "Reload the page to enter it. The terminal of the server shows it.",
  },
  too_many_codes: {
    title: "Too many wrong codes were entered",
    advice: "Wait, then reload the page and enter the right one.",
  },
  session_expired: {
    title: "Your time on this server is up",
    advice: "It limits how long one stream may last. Retry starts a new one.",
  },
  // What the page notices itself.
  connection_lost: {
    title: "The server cannot be reached",
    advice: "Check that it is running and that you are online, then try again.",
  },
  camera_refused: {
    title: "The camera is blocked",
    advice: "Allow the camera for this page in the browser’s address bar or settings, then try again.",
  },
  camera_missing: {
    title: "No camera was found",
    advice: "Connect a camera, then try again.",
  },
  camera_busy: {
    title: "The camera is in use",
    advice: "Another program or tab holds the camera. Close it there, then try again.",
  },
  camera_lost: {
    title: "The camera went away",
    advice: "It was unplugged, or its permission was taken back. Connect it, then try again.",
  },
  camera_failed: {
    title: "The camera did not start",
    advice: "Try again. If it happens again, unplug the camera and connect it anew.",
  },
  camera_unsupported: {
    title: "This browser has no camera access",
    advice: "Open the page in a current version of Chrome, Edge, Firefox or Safari.",
  },
  camera_silent: {
    title: "The camera gives no picture",
    advice: "Another program may hold it, or it may be switched off at the camera. Free it, then try again.",
  },
  insecure_page: {
    title: "Browsers give the camera to secure pages only",
    advice: "Open the https:// address that “make run-lan” prints on the server’s machine, or use that machine itself.",
  },
  screen_refused: {
    title: "The system does not let the browser share the screen",
    advice: "Allow the browser to record the screen in the system’s privacy settings, then try again.",
  },
  screen_failed: {
    title: "The screen could not be shared",
    advice: "Try again and choose another screen, window or tab.",
  },
  screen_unsupported: {
    title: "This browser cannot share a screen",
    advice: "Browsers on a computer can; on a phone use the camera or a video file.",
  },
  insecure_screen: {
    title: "Browsers share the screen with secure pages only",
    advice: "Open this page over https://, or choose a video file, which needs no secure page.",
  },
  file_missing: {
    title: "No video was chosen",
    advice: "Choose a video file first.",
  },
  file_unplayable: {
    title: "This file cannot be played",
    advice: "Choose a video in a format that this browser plays, such as MP4 or WebM.",
  },
  file_lost: {
    title: "The video broke off",
    advice: "The file was moved, removed or is damaged. Choose it again.",
  },
});

/** @type {Words} */
const UNKNOWN = { title: "Something went wrong", advice: "Try again." };

/** Codes whose detail only repeats the words above. */
const WITHOUT_DETAIL = new Set([
  "code_required", "idle_timeout", "internal_error", "login_required", "server_shutdown", "session_expired",
]);

export const KNOWN_CODES = Object.freeze(Object.keys(WORDS));

/**
 * @param {Failure} failure
 * @returns {Words & {detail: string}} `detail` is empty where there is nothing to add
 */
export function explain({ code, detail }) {
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  return { ...(words ?? UNKNOWN), detail: WITHOUT_DETAIL.has(code) ? "" : detail.trim() };
}
