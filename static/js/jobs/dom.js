/**
 * Set the value of a progress bar, unless it is the same already.
 *
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
export function partsOf(root) {
  /** @type {NodeListOf<HTMLElement>} */
  const parts = root.querySelectorAll("[data-field]");
  const byName = new Map([...parts].map((part) => [part.getAttribute("data-field"), part]));
  return (name) => {
    const found = byName.get(name);
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
