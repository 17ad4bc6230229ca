/** Stands in for an element whose words, fields and visibility are all that matters. */
export function fakeElement() {
  return {
    hidden: false, textContent: "", dataset: {}, value: 0, ownerDocument: { activeElement: null }, attributes: new Set(["value"]),
    hasAttribute(name) { return this.attributes.has(name); },
    removeAttribute(name) { this.attributes.delete(name); },
    focus() { this.ownerDocument.activeElement = this; },
  };
}
