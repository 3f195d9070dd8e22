import { expect, test } from "vitest";
import { EventReader } from "~/live/event-source.ts";

test("events come out whole, wherever the network cuts them", () => {
  const stream = 'retry: 2000\n\nid: e.1-0.0\ndata: {"a":1}\n\n: ping\n\ndata: {"b":2}\n\n';
  for (let cut = 1; cut < stream.length; cut += 1) {
    const reader = new EventReader();
    const events = [...reader.read(stream.slice(0, cut)), ...reader.read(stream.slice(cut))];
    expect(events).toEqual([
      { id: "e.1-0.0", data: '{"a":1}' },
      { id: undefined, data: '{"b":2}' },
    ]);
  }
});

test("comments and pauses alone are no events", () => {
  expect(new EventReader().read(": ping\n\nretry: 5\n\n")).toEqual([]);
});

test("lines may end in any of the three ways, and data may have several", () => {
  expect(new EventReader().read("data: a\r\ndata:b\r\n\r\n")).toEqual([
    { id: undefined, data: "a\nb" },
  ]);
});
