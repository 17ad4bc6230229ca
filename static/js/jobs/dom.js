export { setText } from "../shared/set-text.js";

/**
 * @param {HTMLProgressElement} bar
 * @param {number | null} value null where nobody knows
 */
export function setProgress(bar, value) {
  if (value === null) bar.removeAttribute("value");
  else if (bar.value !== value || !bar.hasAttribute("value")) bar.value = value;
}

/**
 * The named parts of an element that was copied from a template: `data-field` names each of them.
 *
 * @param {ParentNode} root
 * @returns {(name: string) => HTMLElement}
 */
export function fieldsOf(root) {
  const fields = new Map();
  for (const field of root.querySelectorAll("[data-field]")) {
    const name = field.getAttribute("data-field");
    fields.set(name, [...(fields.get(name) ?? []), field]);
  }
  return (name) => {
    const found = fields.get(name)?.[0];
    if (!found) throw new Error(`There is no part ${name}`);
    return found;
  };
}

/**
 * Show some of the buttons; where the focused one is hidden, the focus moves to the first that is shown.
 *
 * @param {readonly HTMLElement[]} buttons
 * @param {(button: HTMLElement) => boolean} isShown
 */
export function showOnly(buttons, isShown) {
  const focused = buttons.find((button) => button.ownerDocument.activeElement === button);
  for (const button of buttons) button.hidden = !isShown(button);
  if (focused?.hidden) buttons.find((button) => !button.hidden)?.focus();
}
