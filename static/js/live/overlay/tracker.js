import { Motion } from "./motion.js";
import { Trail } from "./trail.js";

/**
 * Associates the objects of one answer with those of the next.
 *
 * @typedef {import("../transport/messages.js").Detection} Detection
 * @typedef {import("./motion.js").Box} Box
 * @typedef {{object: TrackedObject, detection: Detection, likeness: number}} Candidate
 */

/** An object that is missing for longer than this is a new one when it comes back. */
export const FORGOTTEN_MS = 1000;
/** Boxes that share less than this of what they cover are not of one object. */
const LEAST_OVERLAP = 0.1;
/** Weights in the comparison: the same track ID before the same text, and that before the same place. */
const SAME_TRACK = 10;
const SAME_TEXT = 1;
/** The same words may be this many of their own heights away. */
const NEAR_HEIGHTS = 3;

/** Something that is followed from answer to answer. */
export class TrackedObject {
  /** The slot of its label, as labels.js names it; kept, so that labels do not jump. */
  slot = "";
  motion = new Motion();
  trail = new Trail();

  /**
   * @param {Detection} detection
   * @param {number} seenAt
   */
  constructor(detection, seenAt) {
    this.detection = detection;
    this.seenAt = seenAt;
  }

  /**
   * @param {Detection} detection
   * @param {number} takenAt
   * @param {number} now
   */
  see(detection, takenAt, now) {
    this.detection = detection;
    this.seenAt = takenAt;
    this.motion.add(detection, takenAt, now);
    if (detection.trackId !== undefined) this.trail.add(detection, detection.text !== undefined, takenAt);
  }
}

/** Follows objects by the numbers that the server gives them, else by label, words and place. */
export class Tracker {
  /** @type {TrackedObject[]} those of the last answers */
  #objects = [];

  /**
   * @param {readonly Detection[]} detections
   * @param {number} takenAt when their picture was taken
   * @param {number} now
   * @returns {TrackedObject[]} one for each detection, in their order
   */
  take(detections, takenAt, now) {
    const known = this.#objects.filter((object) => takenAt - object.seenAt <= FORGOTTEN_MS);
    const matches = match(known, detections, takenAt);
    const seen = detections.map((detection) => {
      const object = matches.get(detection) ?? new TrackedObject(detection, takenAt);
      object.see(detection, takenAt, now);
      return object;
    });
    const missing = known.filter((object) => object.seenAt !== takenAt);
    this.#objects = [...seen, ...missing];
    return seen;
  }

  clear() {
    this.#objects = [];
  }
}

/**
 * Match objects to detections greedily, the most similar pair first; each is used once.
 *
 * @param {readonly TrackedObject[]} objects
 * @param {readonly Detection[]} detections
 * @param {number} time
 * @returns {Map<Detection, TrackedObject>}
 */
function match(objects, detections, time) {
  /** @type {Candidate[]} */
  const candidates = [];
  for (const object of objects) {
    const expected = object.motion.at(time);
    for (const detection of detections) {
      const likeness = likenessOf(object.detection, expected, detection);
      if (likeness > 0) candidates.push({ object, detection, likeness });
    }
  }
  candidates.sort((a, b) => b.likeness - a.likeness);
  const taken = new Set();
  /** @type {Map<Detection, TrackedObject>} */
  const matches = new Map();
  for (const { object, detection } of candidates) {
    if (taken.has(object) || matches.has(detection)) continue;
    taken.add(object);
    matches.set(detection, object);
  }
  return matches;
}

/**
 * @param {Detection} before
 * @param {Box} expected where it should be by now
 * @param {Detection} after
 * @returns {number} 0 where they cannot be the same
 */
function likenessOf(before, expected, after) {
  if (before.label !== after.label) return 0;
  if (before.trackId !== undefined && after.trackId !== undefined) {
    return before.trackId === after.trackId ? SAME_TRACK : 0;
  }
  const shared = overlapOf(expected, after);
  const isSameText = after.text !== undefined && before.text === after.text;
  if (isSameText && isNear(expected, after)) return SAME_TEXT + shared;
  return shared >= LEAST_OVERLAP ? shared : 0;
}

/**
 * The part of what two boxes cover that both cover (intersection over union).
 *
 * @param {Box} a
 * @param {Box} b
 */
export function overlapOf(a, b) {
  const width = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a.w * a.h + b.w * b.h - both);
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function isNear(a, b) {
  const reach = NEAR_HEIGHTS * Math.max(a.h, b.h);
  return Math.abs(a.y - b.y) <= reach && Math.abs(a.x - b.x) <= Math.max(reach, a.w / 2);
}
