/**
 * Change what an element says; one that says it already is left alone, so that nothing is laid out or read out anew.
 *
 * @param {{textContent: string | null}} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
