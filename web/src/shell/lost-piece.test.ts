import { afterEach, expect, test, vi } from "vitest";
import { Away, isGone, whyLost } from "~/shell/lost-piece.ts";

afterEach(() => vi.unstubAllGlobals());

const MISSING = new TypeError("Failed to fetch dynamically imported module: /assets/jobs-1.js");

test.each([
  MISSING.message,
  "error loading dynamically imported module: /assets/jobs-1.js",
  "Importing a module script failed.",
  "Unable to preload CSS for /assets/jobs-1.css",
])("'%s' tells of code that is gone", (message) => {
  expect(isGone(new Error(message))).toBe(true);
});

test("no other fault does", () => {
  expect(isGone(new Error("Cannot read properties of undefined"))).toBe(false);
  expect(isGone(undefined)).toBe(false);
});

test("code that a server in reach does not have is gone", async () => {
  vi.stubGlobal("fetch", async () => new Response());

  await expect(whyLost(MISSING)).rejects.toBe(MISSING);
});

test.each([
  ["does not answer", async () => Promise.reject(new TypeError("Failed to fetch"))],
  ["is not ready", async () => new Response(null, { status: 503 })],
])("code from a server that %s is not said to be gone", async (_, fetch) => {
  vi.stubGlobal("fetch", fetch);

  const lost = whyLost(MISSING);

  await expect(lost).rejects.toBeInstanceOf(Away);
  await expect(lost).rejects.not.toSatisfy(isGone);
});
