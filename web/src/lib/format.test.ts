import { describe, expect, test } from "vitest";
import { bytes, count, percent, roughly, span } from "~/lib/format.ts";

describe("spans", () => {
  test.each([
    [0, "0 ms"],
    [0.0204, "20 ms"],
    [1, "1 s"],
    [4.25, "4.3 s"],
    [59.6, "1 min"],
    [64, "1 min 4 s"],
    [3_600, "1 h"],
    [3_725, "1 h 2 min"],
    [183_600, "2 d 3 h"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(span(seconds)).toBe(words);
  });
});

test("numbers are exact until they no longer fit", () => {
  expect(count(12_431)).toBe("12,431");
  expect(roughly(9_999)).toBe("9,999");
  expect(roughly(12_431)).toBe("12.4k");
});

test("a share that is small but not nothing does not read as nothing", () => {
  expect(percent(0)).toBe("0 %");
  expect(percent(0.0001)).toBe("< 0.1 %");
  expect(percent(0.041)).toBe("4.1 %");
  expect(percent(1)).toBe("100 %");
});

test("bytes come in powers of a thousand", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(1_400_000)).toBe("1.4 MB");
  expect(bytes(85_000)).toBe("85 kB");
});
