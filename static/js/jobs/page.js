/**
 * What both pages about videos need of the browser.
 */

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return found;
}

/**
 * Copies the one element in a template.
 *
 * @param {string} id
 * @returns {() => HTMLElement}
 */
export function copier(id) {
  const { content } = element(id, HTMLTemplateElement);
  return () => {
    const copy = content.firstElementChild?.cloneNode(true);
    if (!(copy instanceof HTMLElement)) throw new Error(`The template #${id} is empty`);
    return copy;
  };
}

/** Asks in a dialog whether a video is to be deleted. */
export class Confirmation {
  #dialog = element("confirm", HTMLDialogElement);
  #name = element("confirm-name", HTMLElement);

  /**
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  ask(name) {
    this.#name.textContent = name;
    this.#dialog.returnValue = "keep";
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "delete"), { once: true });
    });
  }
}

/**
 * Tells screen readers, and only of what is new.
 *
 * @param {string} words
 */
export function announce(words) {
  const news = element("news", HTMLElement);
  if (news.textContent !== words) news.textContent = words;
}

/**
 * Run a request; what goes wrong is said where the page says such things, until the next one.
 *
 * @param {() => Promise<void>} request
 */
export async function attempt(request) {
  const problem = element("problem", HTMLElement);
  try {
    await request();
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
}
