/**
 * Set an element's text unless it is the same already, so that it is neither laid out nor announced again.
 *
 * @param {{textContent: string | null}} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
