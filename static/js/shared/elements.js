/** Looks up the elements of a page; throws at once where one is missing. */

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @param {ParentNode} root
 * @returns {Kind}
 */
export function find(selector, kind, root = document) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} ${selector}`);
  return found;
}

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 */
export function element(id, kind) {
  return find(`#${id}`, kind);
}

/** @param {string} id */
export function words(id) {
  return element(id, HTMLElement);
}

/** @param {string} id */
export function button(id) {
  return element(id, HTMLButtonElement);
}

/** @param {string} id of a template with one element in it */
export function copyOf(id) {
  const copy = element(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The template #${id} is empty`);
  return copy;
}

/**
 * The elements within `root` that bear a `data-figure`, by its value.
 *
 * @param {ParentNode} root
 * @returns {Record<string, HTMLElement>}
 */
export function figuresIn(root) {
  const found = [...root.querySelectorAll("[data-figure]")].filter((figure) => figure instanceof HTMLElement);
  return Object.fromEntries(found.map((figure) => [figure.dataset["figure"] ?? "", figure]));
}

/**
 * @param {HTMLFormElement} form
 * @returns {(HTMLInputElement | HTMLSelectElement)[]}
 */
export function fieldsOf(form) {
  return [...form.elements].filter((field) => field instanceof HTMLInputElement || field instanceof HTMLSelectElement);
}

/**
 * @template {string | number} Value
 * @param {HTMLSelectElement} select
 * @param {readonly Value[]} values
 * @param {(value: Value) => string} inWords
 */
export function fill(select, values, inWords) {
  select.replaceChildren(...values.map((value) => new Option(inWords(value), String(value))));
}
