/**
 * Copy text to the clipboard; returns whether that succeeded.
 *
 * @param {string} text
 * @param {object} needs
 * @param {Pick<Clipboard, "writeText"> | undefined} needs.clipboard missing on a page that is not secure
 * @param {Pick<import("../live/panels/toast.js").Toast, "say">} needs.toast
 */
export async function copyText(text, { clipboard, toast }) {
  const isCopied = await clipboard?.writeText(text).then(() => true, () => false);
  toast.say(isCopied ? "Copied" : "The browser does not allow copying");
}
