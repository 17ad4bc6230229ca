/**
 * The user's options, kept in the page's address so that a link reproduces the page.
 *
 * @typedef {import("./capture/stream-source.js").SourceKind} Source
 * @typedef {import("./capture/stream-source.js").Facing} Facing empty where the browser may decide
 * @typedef {"auto" | "on" | "off"} Mirror
 * @typedef {"live" | "exact"} Mode
 * @typedef {"boxes" | "labels" | "scores" | "text" | "tracks" | "trails" | "index"} Layer
 * @typedef {object} Options
 * @property {string} pipeline empty where the server may decide
 * @property {Source} source
 * @property {Facing} facing
 * @property {Mirror} mirror
 * @property {Mode} mode
 * @property {readonly Layer[]} hide layers that are not drawn, in the order of LAYERS
 * @property {number} score least confidence that is shown, from 0 to 1
 * @property {string} size largest frame that is sent, one of SIZES
 * @property {number} quality of the JPEG frames, from 0 to 1
 * @property {number} fps most frames sent a second, one of RATES
 */

/** @type {readonly Source[]} */
export const SOURCES = Object.freeze(["camera", "file", "screen"]);
/** @type {readonly Facing[]} */
export const FACINGS = Object.freeze(["user", "environment"]);
/** @type {readonly Mirror[]} */
export const MIRRORS = Object.freeze(["auto", "on", "off"]);
/** @type {readonly Mode[]} */
export const MODES = Object.freeze(["live", "exact"]);
/** @type {readonly Layer[]} */
export const LAYERS = Object.freeze(["boxes", "labels", "scores", "text", "tracks", "trails", "index"]);
export const SIZES = Object.freeze(["320x240", "640x480", "960x720", "1280x960"]);
export const RATES = Object.freeze([1, 2, 5, 10, 15, 20, 30]);
/** Below this letters fall apart. */
export const LOWEST_QUALITY = 0.3;
export const HIGHEST_QUALITY = 0.95;

/** @type {Readonly<Options>} */
export const DEFAULTS = Object.freeze({
  pipeline: "",
  source: "camera",
  facing: "",
  mirror: "auto",
  mode: "live",
  hide: Object.freeze([]),
  score: 0,
  size: "640x480",
  quality: 0.8,
  fps: 15,
});

/**
 * @param {string} search the query of an address; what is unknown or bad in it counts as not said
 * @returns {Options}
 */
export function readOptions(search) {
  const query = new URLSearchParams(search);
  const hidden = (query.get("hide") ?? "").split(",");
  return {
    pipeline: query.get("pipeline") ?? DEFAULTS.pipeline,
    source: oneOf(SOURCES, query.get("source"), DEFAULTS.source),
    facing: oneOf(FACINGS, query.get("facing"), DEFAULTS.facing),
    mirror: oneOf(MIRRORS, query.get("mirror"), DEFAULTS.mirror),
    mode: oneOf(MODES, query.get("mode"), DEFAULTS.mode),
    hide: LAYERS.filter((layer) => hidden.includes(layer)),
    score: within(query.get("score"), 0, 1, DEFAULTS.score),
    size: oneOf(SIZES, query.get("size"), DEFAULTS.size),
    quality: within(query.get("quality"), LOWEST_QUALITY, HIGHEST_QUALITY, DEFAULTS.quality),
    fps: oneOf(RATES, Number(query.get("fps")), DEFAULTS.fps),
  };
}

/**
 * Write the options into an address; only those at their default are left out.
 *
 * @param {string} address
 * @param {Options} options
 */
export function addressWith(address, options) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(options)) {
    const byDefault = String(DEFAULTS[/** @type {keyof Options} */ (name)]);
    if (String(value) === byDefault) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  url.search = url.search.replaceAll("%2C", ",");
  return url.href;
}

/**
 * @param {string} size one of SIZES
 * @returns {import("../shared/geometry.js").Size}
 */
export function sizeOf(size) {
  const [width = 0, height = 0] = size.split("x").map(Number);
  return { width, height };
}

/**
 * The layers that are drawn.
 *
 * @param {Pick<Options, "hide">} options
 */
export function layersOf({ hide }) {
  const pairs = LAYERS.map((layer) => [layer, !hide.includes(layer)]);
  return /** @type {Record<Layer, boolean>} */ (Object.fromEntries(pairs));
}

/**
 * True where the picture is mirrored: as chosen, or automatically for a camera that faces the user.
 *
 * @param {Mirror} mirror
 * @param {Facing} facing of the camera in use
 */
export function isMirrored(mirror, facing) {
  return mirror === "auto" ? facing === "user" : mirror === "on";
}

/**
 * The opposite of the present mirror setting; `auto` where that has the same effect.
 *
 * @param {Mirror} mirror
 * @param {Facing} facing
 * @returns {Mirror}
 */
export function turnedMirror(mirror, facing) {
  const wanted = !isMirrored(mirror, facing);
  if (wanted === isMirrored("auto", facing)) return "auto";
  return wanted ? "on" : "off";
}

/**
 * @template Value
 * @param {readonly Value[]} allowed
 * @param {unknown} value
 * @param {Value} otherwise
 * @returns {Value}
 */
function oneOf(allowed, value, otherwise) {
  return allowed.find((candidate) => candidate === value) ?? otherwise;
}

/**
 * @param {string | null} text
 * @param {number} low
 * @param {number} high
 * @param {number} otherwise
 */
function within(text, low, high, otherwise) {
  const value = text ? Number(text) : NaN;
  return value >= low && value <= high ? value : otherwise;
}
