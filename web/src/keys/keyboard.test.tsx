import { cleanup, fireEvent, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Keyboard, useShortcut } from "~/keys/keyboard.tsx";

afterEach(cleanup);

function Page({ onPause, children }: { onPause: () => void; children: ReactNode }) {
  useShortcut("pause", onPause);
  return children;
}

/** How often somebody answers when `p` is pressed. */
function pressOn(beside: ReactNode, from = "body"): number {
  const handler = vi.fn();
  render(
    <Keyboard enabled>
      <Page onPause={handler}>{beside}</Page>
    </Keyboard>,
  );
  fireEvent.keyDown(document.querySelector(from) ?? document.body, { key: "p", code: "KeyP" });
  return handler.mock.calls.length;
}

test("a key acts", () => {
  expect(pressOn(null)).toBe(1);
});

test("a key acts while a corner says what was done", () => {
  expect(pressOn(<div role="dialog" aria-modal="false" />)).toBe(1);
});

function Places({ onGo }: { onGo: (place: string) => void }) {
  useShortcut("overview", () => onGo("overview"));
  useShortcut("jobs", () => onGo("jobs"));
  useShortcut("down", () => onGo("down"));
  return null;
}

/** Where these keys lead, pressed without a pause. */
function went(...keys: readonly string[]): readonly string[] {
  const places: string[] = [];
  render(
    <Keyboard enabled>
      <Places onGo={(place) => places.push(place)} />
    </Keyboard>,
  );
  for (const key of keys) fireEvent.keyDown(document.body, { key, code: `Key${key}` });
  return places;
}

test("two keys go to one page, and two more at once to the next", () => {
  expect(went("g", "o", "g", "j")).toEqual(["overview", "jobs"]);
});

test("a key after two that were answered stands for itself", () => {
  expect(went("g", "o", "j")).toEqual(["overview", "down"]);
});

test.each<[string, ReactNode, string]>([
  ["a dialog is open", <div key="it" role="dialog" />, "body"],
  ["a menu is open", <div key="it" role="menu" />, "body"],
  ["somebody types", <input key="it" aria-label="Words" />, "input"],
  ["somebody picks from a list", <div key="it" role="listbox" tabIndex={0} />, "[role=listbox]"],
])("a key means what it says while %s", (_, beside, from) => {
  expect(pressOn(beside, from)).toBe(0);
});
