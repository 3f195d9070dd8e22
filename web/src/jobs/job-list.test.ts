import { describe, expect, it } from "vitest";
import type { JobFrame, JobItem, JobPage, ToldFrame } from "~/api/schema.ts";
import { JobList, PAGE } from "~/jobs/job-list.ts";
import { judgeOf } from "~/jobs/judge.ts";
import type { Reading } from "~/jobs/list-shape.ts";
import { makeJob } from "~/test/make.ts";

const id = (number: number) => makeJob({}, number).id;

/** A server that has these jobs, and pages them as the real one does. */
function serverOf(jobs: readonly JobItem[]) {
  const newest = [...jobs].sort((a, b) => (a.id < b.id ? 1 : -1));
  const asked: (string | undefined)[] = [];
  async function read(cursor: string | undefined, limit: number): Promise<JobPage> {
    asked.push(cursor);
    const begin = cursor === undefined ? 0 : Number(cursor);
    const items = newest.slice(begin, begin + limit);
    const next = begin + limit < newest.length ? String(begin + limit) : null;
    return { items, next_cursor: next };
  }
  return { read, asked };
}

function listOf(jobs: readonly JobItem[], some: Partial<Reading> = {}) {
  const server = serverOf(jobs);
  const reading = { read: server.read, judge: judgeOf({}), mayInsert: () => false, ...some };
  return { list: new JobList(reading), asked: server.asked };
}

function frame(item: JobItem, event: JobFrame["event"] = "job_queued"): ToldFrame {
  const { type, priority, status, version } = item;
  const head = { event, job_id: item.id, type, priority, status, version, id: "e-1" };
  return { ...head, at: item.created_at, job: item, log: null, stream: null };
}

const many = (n: number) => Array.from({ length: n }, (_, number) => makeJob({}, number + 1));

describe("reading", () => {
  it("goes on page by page, and each job stands once", async () => {
    const { list, asked } = listOf(many(250));
    await list.restart();
    await list.extend();
    await list.extend();
    await list.extend();
    expect(asked).toEqual([undefined, "100", "200"]);
    expect(new Set(list.shape().ids).size).toBe(250);
    expect(list.shape().more).toBe("no");
  });

  it("reads the next page once, however often it is asked for meanwhile", async () => {
    const { list, asked } = listOf(many(250));
    await list.restart();
    await Promise.all([list.extend(), list.extend()]);
    expect(asked).toHaveLength(2);
  });

  it("grows tired of pages that bring nothing, and goes on when it is asked", async () => {
    const read: Reading["read"] = async (cursor) => ({
      items: [],
      next_cursor: String(Number(cursor ?? 0) + 1),
    });
    const { list } = listOf([], { read });
    await list.restart();
    while (list.shape().more === "yes") await list.extend();
    expect(list.shape().more).toBe("tired");
    await list.extend();
    expect(list.shape().more).toBe("yes");
  });

  it("keeps what it has when the next page fails, with the reason", async () => {
    let fails = false;
    const server = serverOf(many(150));
    const { list } = listOf([], {
      read: (cursor, limit) =>
        fails ? Promise.reject(new Error("away")) : server.read(cursor, limit),
    });
    await list.restart();
    fails = true;
    await list.extend();
    expect([list.shape().ids.length, list.shape().error?.message]).toEqual([PAGE, "away"]);
    fails = false;
    await list.extend();
    expect([list.shape().ids.length, list.shape().error]).toEqual([150, undefined]);
  });

  it("forgets an answer that comes after the list was left", async () => {
    const { list } = listOf(many(3));
    const reading = list.restart();
    list.close();
    await reading;
    expect(list.shape().state).toBe("reading");
  });
});

describe("what is told", () => {
  it("changes a row and wakes only who looks at it", async () => {
    const { list } = listOf(many(3));
    await list.restart();
    const woken: string[] = [];
    list.rows.onRow(id(1), () => woken.push("1"));
    list.rows.onRow(id(2), () => woken.push("2"));
    list.onShape(() => woken.push("shape"));
    list.hear([frame(makeJob({ status: "running", version: 2 }, 2))]);
    expect(woken).toEqual(["2"]);
    expect(list.rows.get(id(2))?.item.status).toBe("running");
  });

  it("marks what no longer belongs and what was deleted, and moves nothing", async () => {
    const { list } = listOf(many(3), { judge: judgeOf({ status: ["queued"] }) });
    await list.restart();
    const before = list.shape().ids;
    const deleted = { ...frame(makeJob({ version: 2 }, 1)), event: "job_deleted" } as const;
    list.hear([frame(makeJob({ status: "running", version: 2 }, 3)), deleted as ToldFrame]);
    expect(list.shape().ids).toBe(before);
    expect([list.rows.get(id(3))?.mark, list.rows.get(id(1))?.mark]).toEqual(["out", "gone"]);
  });

  it("counts what is new until it is asked for, then shows it in its place", async () => {
    const { list } = listOf(many(3));
    await list.restart();
    list.hear([frame(makeJob({}, 5)), frame(makeJob({}, 4)), frame(makeJob({}, 5))]);
    expect([list.shape().fresh, list.shape().ids.length]).toEqual([2, 3]);
    await list.showFresh();
    expect(list.shape().ids).toEqual([5, 4, 3, 2, 1].map(id));
    expect(list.shape().fresh).toBe(0);
  });

  it("shows a new row at once where that disturbs nobody", async () => {
    const { list } = listOf(many(1), { mayInsert: () => true });
    await list.restart();
    list.hear([frame(makeJob({}, 2))]);
    expect(list.shape().ids).toEqual([id(2), id(1)]);
  });

  it("never lets a crowd in at once", async () => {
    const { list } = listOf(many(1), { mayInsert: () => true });
    await list.restart();
    list.hear(
      many(60)
        .slice(1)
        .map((it) => frame(it)),
    );
    expect([list.shape().fresh, list.shape().ids.length]).toEqual([59, 1]);
  });

  it("is no news when the job stands on a page that was not read yet", async () => {
    const { list } = listOf(many(150).slice(40));
    await list.restart();
    list.hear([frame(makeJob({ version: 3, status: "retrying" }, 2))]);
    expect(list.shape().fresh).toBe(0);
  });

  it("is left to the server where a search cannot be judged here", async () => {
    const { list } = listOf(many(1), { judge: judgeOf({ q: "payload.to:ann" }) });
    await list.restart();
    list.hear([frame(makeJob({}, 2))]);
    expect([list.shape().fresh, list.shape().doubtful]).toEqual([0, true]);
  });
});

describe("after a gap", () => {
  it("reads only the pages that are looked at, and keeps every row in its place", async () => {
    let jobs = many(250);
    const asked: (string | undefined)[] = [];
    const { list } = listOf([], {
      read: (cursor, limit) => {
        asked.push(cursor);
        return serverOf(jobs).read(cursor, limit);
      },
    });
    await list.restart();
    await list.extend();
    const before = list.shape().ids;
    jobs = jobs
      .filter((it) => it.id !== id(240))
      .map((it) => (it.id === id(250) ? { ...it, status: "success", version: 4 } : it));
    asked.length = 0;
    list.doubt();
    await list.ensure(0, 30);
    await list.ensure(0, 30);
    expect(asked).toEqual([undefined]);
    expect(list.shape().ids).toEqual(before);
    expect(list.rows.get(id(250))?.item.status).toBe("success");
    expect(list.rows.get(id(240))?.mark).toBe("out");
    expect(list.rows.get(id(239))?.mark).toBeUndefined();
  });
});
