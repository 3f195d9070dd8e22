/** What this browser remembers of a person's taste; a browser that forbids it forgets. */

export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`taskforge.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`taskforge.${key}`);
    else localStorage.setItem(`taskforge.${key}`, value);
  } catch {
    // It lasts as long as the page.
  }
}
