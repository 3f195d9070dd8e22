/** Copies also where the page came over plain HTTP, which has no clipboard of its own. */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (done) return true;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.className = "fixed opacity-0";
  const focused = document.activeElement;
  // Inside an open dialog, since a dialog takes the focus back from everything outside.
  (focused?.closest("[role=dialog]") ?? document.body).append(field);
  field.select();
  // Deprecated, and the only way without a secure context.
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
