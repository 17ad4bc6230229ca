/**
 * The keyboard shortcuts of the live page.
 *
 * @typedef {"startOrStop" | "debug" | "mirror" | "exact" | "snapshot" | "fullScreen" | "help"} Action
 * @typedef {{readonly key: string, readonly ctrlKey: boolean, readonly metaKey: boolean, readonly altKey: boolean,
 *            readonly repeat: boolean, readonly target: unknown}} Key
 */

/** @type {ReadonlyMap<string, Action>} */
export const SHORTCUTS = new Map(
  /** @type {[string, Action][]} */ ([
    [" ", "startOrStop"],
    ["d", "debug"],
    ["m", "mirror"],
    ["e", "exact"],
    ["s", "snapshot"],
    ["f", "fullScreen"],
    ["?", "help"],
  ]),
);

/** Fields that do not take letters. */
const WITHOUT_LETTERS = new Set(["button", "checkbox", "radio", "range", "file", "submit", "reset"]);

/**
 * The action of a key press; null where the key belongs to the browser or to the focused element.
 *
 * @param {Key} key
 * @returns {Action | null}
 */
export function actionOf({ key, ctrlKey, metaKey, altKey, repeat, target }) {
  if (ctrlKey || metaKey || altKey || repeat) return null;
  // What can be focused presses, opens or scrolls by the space bar.
  const isTheirs = key === " " ? isFocusable(target) : takesLetters(target);
  return isTheirs ? null : SHORTCUTS.get(key === "?" ? key : key.toLowerCase()) ?? null;
}

/** @param {unknown} target */
function isFocusable(target) {
  return fields(target).tabIndex >= 0;
}

/** @param {unknown} target */
function takesLetters(target) {
  const { tagName, type, isContentEditable } = fields(target);
  if (tagName === "INPUT") return !WITHOUT_LETTERS.has(type);
  return tagName === "TEXTAREA" || tagName === "SELECT" || isContentEditable;
}

/**
 * @param {unknown} target
 * @returns {{tagName: string, type: string, isContentEditable: boolean, tabIndex: number}}
 */
function fields(target) {
  return { tagName: "", type: "", isContentEditable: false, tabIndex: -1, .../** @type {object} */ (pick(target)) };
}

/** @param {any} target */
function pick(target) {
  if (!target?.tagName) return {};
  const { tagName, type = "", isContentEditable = false, tabIndex = -1 } = target;
  return { tagName, type, isContentEditable, tabIndex };
}
