import { describe, expect, it } from "vitest";
import type { JobDetail, JobStatus } from "~/api/schema.ts";
import { type Phase, phases, toScale, totals } from "~/job/timeline.ts";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const job = (...steps: [JobStatus, number][]) =>
  ({
    events: steps.map(([status, second], place) => ({
      version: place + 1,
      status,
      attempt: 1,
      at: at(second),
    })),
  }) as unknown as JobDetail;
const spans = (all: readonly Phase[]) => all.map(({ status, from, to }) => [status, to - from]);
const phase = (span: number, status: JobStatus = "queued"): Phase => ({
  status,
  attempt: 1,
  from: 0,
  to: span,
  open: false,
});

describe("the phases of a job", () => {
  it("lie between its changes, and end with it", () => {
    const done = phases(job(["queued", 0], ["running", 2], ["success", 5]), 99_000);
    expect(spans(done)).toEqual([
      ["queued", 2000],
      ["running", 3000],
    ]);
    expect([...totals(done)]).toEqual([
      ["queued", 2],
      ["running", 3],
    ]);
  });

  it("go on until now while the job does", () => {
    const [, running] = phases(job(["queued", 0], ["running", 2]), 10_000);
    expect(running).toMatchObject({ to: 10_000, open: true });
  });

  it("never end before they begin, whatever the clock of this machine says", () => {
    expect(phases(job(["queued", 50]), 10_000)[0]).toMatchObject({ from: 50_000, to: 50_000 });
  });

  it("show the rest between an end and a retry", () => {
    const again = phases(job(["queued", 0], ["running", 1], ["failed", 2], ["queued", 9]), 10_000);
    expect(spans(again)[2]).toEqual(["failed", 7000]);
  });

  it("do not part where a job changed without leaving its status", () => {
    expect(phases(job(["queued", 0], ["queued", 3], ["running", 4]), 5000)).toHaveLength(2);
  });

  it("follow from its own moments when the first events are no longer kept", () => {
    const old = {
      events: [],
      status: "success",
      attempt: 2,
      created_at: at(0),
      queued_at: at(0),
      started_at: at(5),
      finished_at: at(6),
    } as unknown as JobDetail;
    expect(spans(phases(old, 0))).toEqual([
      ["queued", 5000],
      ["running", 1000],
    ]);
  });
});

describe("the scale", () => {
  const widths = (...all: number[]) =>
    toScale(all.map((it) => phase(it))).map((it) => [Math.round(it.width), it.broken]);

  it("is true as long as every phase can be seen", () => {
    expect(widths(25, 75)).toEqual([
      [25, false],
      [75, false],
    ]);
  });

  it("cuts a wait that lasted a thousand times the run", () => {
    expect(widths(1_000_000, 1_000)).toEqual([
      [95, true],
      [5, false],
    ]);
  });

  it("keeps the proportions among the cut ones, and among the others", () => {
    expect(widths(1_000_000, 100, 1_000_000, 300)).toEqual([
      [45, true],
      [3, false],
      [45, true],
      [8, false],
    ]);
  });

  it("stands with nothing, with one phase, and with phases of no length", () => {
    expect(widths()).toEqual([]);
    expect(widths(7)).toEqual([[100, false]]);
    expect(widths(0, 5)).toEqual([
      [0, false],
      [100, false],
    ]);
    expect(widths(0, 0)).toEqual([
      [0, false],
      [0, false],
    ]);
  });

  it("fills the width", () => {
    const all = toScale([1, 2000, 3, 900_000, 5, 12, 7_000_000, 1].map((it) => phase(it)));
    expect(all.reduce((total, it) => total + it.width, 0)).toBeCloseTo(100);
  });
});
