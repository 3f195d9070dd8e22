import { describe, expect, it } from "vitest";
import { pace, sample, withSample } from "~/job/pace.ts";

const counted = (current: number, total: number | null = 100) => ({ current, total });
const samples = (...said: [number, number][]) =>
  said
    .flatMap(([second, current]) => sample(counted(current), 1, second * 1000) ?? [])
    .reduce(withSample, [] as ReturnType<typeof withSample>);

describe("the pace of a job", () => {
  it("is what was done in the time since, and tells what is left", () => {
    const said = samples([0, 0], [5, 20], [10, 40]);
    expect(pace(said, counted(40), 10_000)).toEqual({ rate: 4, unit: "count", left: 15 });
  });

  it("is not told before there is something to tell", () => {
    expect(pace(samples([0, 0]), counted(0), 10_000)).toBeUndefined();
    expect(pace(samples([0, 0], [1, 20]), counted(20), 1_000)).toBeUndefined();
  });

  it("falls when nothing comes any more", () => {
    const said = samples([0, 0], [10, 40]);
    expect(pace(said, counted(40), 20_000)?.rate).toBe(2);
    expect(pace(said, counted(40), 90_000)).toBeUndefined();
  });

  it("begins anew with another attempt, a smaller number or another total", () => {
    const said = samples([0, 0], [10, 40]);
    const next = (current: number, attempt: number, total = 100) =>
      withSample(said, { at: 20_000, attempt, value: current, total });
    expect(next(50, 1)).toHaveLength(3);
    expect(next(50, 2)).toHaveLength(1);
    expect(next(30, 1)).toHaveLength(1);
    expect(next(50, 1, 200)).toHaveLength(1);
  });

  it("is in percent where nothing is counted, and has no end where no total is known", () => {
    expect(sample({ percent: 12.5 }, 1, 0)).toMatchObject({ value: 12.5, total: 100 });
    expect(sample({ stage: "reading" }, 1, 0)).toBeUndefined();
    const open = [0, 10].flatMap((at) => sample(counted(at * 3, null), 1, at * 1000) ?? []);
    expect(pace(open, counted(30, null), 10_000)).toEqual({
      rate: 3,
      unit: "count",
      left: undefined,
    });
  });
});
