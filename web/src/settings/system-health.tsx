import { CircleCheck, OctagonX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { SystemView } from "~/api/schema.ts";
import { bytes, count, span } from "~/lib/format.ts";
import { type Grade, gradesOf } from "~/settings/grades.ts";
import { Facts } from "~/ui/facts.tsx";
import { MarkWord } from "~/ui/mark-word.tsx";
import { Moment } from "~/ui/moment.tsx";

const LOOKS = {
  fine: { icon: CircleCheck, tone: "text-success" },
  warn: { icon: TriangleAlert, tone: "text-retrying" },
  away: { icon: OctagonX, tone: "text-failed" },
} as const;

/** Each part, how it stands, and what it told of itself. */
export function SystemHealth({ system }: { system: SystemView }) {
  const grades = gradesOf(system);
  const { build, database, redis, stream, schedulers, pool, installation } = system;
  return (
    <div className="grid gap-x-12 gap-y-7 lg:grid-cols-2">
      <Part name="PostgreSQL" grade={grades.database}>
        {database && [
          ["Version", figures(database.version)],
          ["Response time", figures(span(database.seconds))],
          ["Revision", figures(revision(database.revision, system.head))],
          ["Size", figures(bytes(database.size_bytes))],
          ["Connections", figures(`${database.connections} of ${database.max_connections}`)],
          ["In this process", figures(`${pool.in_use} of ${pool.size}`)],
        ]}
      </Part>
      <Part name="Redis" grade={grades.redis}>
        {redis && [
          ["Server", figures(`${redis.server} ${redis.version}`)],
          ["Response time", figures(span(redis.seconds))],
          ["Memory", figures(memory(redis.memory_bytes, redis.max_memory_bytes))],
          ["Clients", figures(count(redis.clients))],
        ]}
      </Part>
      <Part name="Schedulers" grade={grades.schedulers}>
        {schedulers && [
          ...schedulers.seen.map((it) => [it.name, <Moment key={it.name} at={it.told_at} />]),
          ["Late tasks", schedulers.late.join(", ")],
          ["Failing tasks", schedulers.failing.join(", ")],
        ]}
      </Part>
      <Part name="Live events" grade={grades.stream}>
        {stream && [
          ["Kept for resuming", figures(`${count(stream.entries)} entries`)],
          ["Behind", stream.lag_seconds === null ? "No reader" : figures(span(stream.lag_seconds))],
          ["Connections here", figures(count(system.live_connections))],
        ]}
      </Part>
      <Part name="Build">
        {[
          ["Version", figures(build.version)],
          ["Python", figures(build.python)],
          ["Platform", figures(build.platform)],
          ["Environment", installation.environment],
        ]}
      </Part>
      <Part name="Features">
        {[
          ["Registration", yes(installation.features.registration)],
          ["Mail sink", yes(installation.features.mail_sink)],
          ["API reference", installation.features.docs ? <Reference key="docs" /> : "No"],
          [
            "Metrics",
            <a key="metrics" href="/metrics" className="text-ember hover:underline">
              /metrics
            </a>,
          ],
        ]}
      </Part>
    </div>
  );
}

interface PartProps {
  readonly name: string;
  readonly grade?: Grade;
  readonly children: readonly (readonly ReactNode[])[] | null;
}

function Part({ name, grade, children }: PartProps) {
  const look = grade && LOOKS[grade.kind];
  return (
    <section aria-label={name}>
      <header className="mb-1 flex h-8 items-center justify-between">
        <h3 className="font-medium">{name}</h3>
        {look && (
          <MarkWord icon={look.icon} tone={look.tone}>
            {grade.words}
          </MarkWord>
        )}
      </header>
      <Facts facts={(children ?? []).map(([key, value]) => [String(key), value] as const)} />
    </section>
  );
}

function Reference() {
  return (
    <a href="/api/docs" className="text-ember hover:underline">
      /api/docs
    </a>
  );
}

function figures(words: string): ReactNode {
  return <span className="figures">{words}</span>;
}

function revision(current: string | null, head: string): string {
  return current === head ? head : `${current ?? "none"}, and the code is of ${head}`;
}

function memory(used: number, most: number): string {
  return most > 0 ? `${bytes(used)} of ${bytes(most)}` : bytes(used);
}

function yes(on: boolean): string {
  return on ? "Yes" : "No";
}
