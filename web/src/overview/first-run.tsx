import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import type { ReactNode } from "react";
import { runDemo } from "~/api/demo.ts";
import { count } from "~/lib/format.ts";
import { usePulse } from "~/live/pulse.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Notice } from "~/ui/faces.tsx";

const ORDER =
  '{"type":"data_processing","payload":{"dataset":"sales_q1","operation":"aggregate","rows":50000}}';
const curl = `curl ${window.location.origin}/api/v1/jobs -H "X-API-Key: $TASKFORGE_API_KEY" -H "Content-Type: application/json" -d '${ORDER}'`;
const cli = `TASKFORGE_URL=${window.location.origin} taskforge job submit data_processing --payload '{"dataset":"sales_q1","operation":"aggregate","rows":50000}' --watch`;

/** No job was ever submitted: what to do, in the order to do it. */
export function FirstRun() {
  const { workers } = usePulse();
  return (
    <ol className="flex max-w-4xl flex-col">
      <Step n={1} title="A worker runs">
        {workers && workers.online > 0 ? (
          <p className="text-soft">
            {workers.online === 1 ? "One is" : `${count(workers.online)} are`} online, with{" "}
            {count(workers.slots)} slots. Nothing to do here.
          </p>
        ) : (
          <>
            <p className="text-soft">None is online. Start one where the service is installed:</p>
            <Line text="taskforge worker" what="the command" />
          </>
        )}
      </Step>
      <Step n={2} title="Submit a job">
        <Demo />
        <p className="text-soft">
          Or <Ember to="/submit">fill in a form</Ember>, or submit from a shell. A key comes from{" "}
          <Ember to="/settings">Settings</Ember>.
        </p>
        <Line text={curl} what="the curl line" />
        <Line text={cli} what="the command" />
      </Step>
      <Step n={3} title="Watch it run">
        <p className="text-soft">
          Jobs appear here and under <Ember to="/jobs">Jobs</Ember> by themselves.
        </p>
      </Step>
    </ol>
  );
}

function Demo() {
  const client = useQueryClient();
  const unless = useUnless("submit");
  const demo = useMutation({ mutationFn: runDemo, onSuccess: () => client.invalidateQueries() });
  const refused = demo.data?.items.find((it) => it.problem)?.problem;
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <Button
          kind="primary"
          onClick={() => demo.mutate()}
          unless={unless ?? (demo.isPending ? "In progress" : undefined)}
        >
          <Play aria-hidden className="size-4" />
          Run the demo
        </Button>
        <span className="text-soft">One real job of each type. None needs a network.</span>
      </div>
      {demo.isError && <Notice error={demo.error} />}
      {refused && (
        <p role="alert" className="text-failed">
          {refused.title}: {refused.detail}
        </p>
      )}
    </>
  );
}

function Step({ n, title, children }: { n: number; title: string; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[2.5rem_1fr] border-hairline border-t py-6">
      <span aria-hidden className="figures pt-0.5 text-faint text-lg">
        {n}
      </span>
      <div className="flex min-w-0 flex-col gap-3">
        <h2 className="font-medium text-lg">{title}</h2>
        {children}
      </div>
    </li>
  );
}

function Line({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start gap-2 rounded-md bg-sunken py-2 pr-2 pl-3">
      <code className="figures min-w-0 flex-1 wrap-anywhere pt-0.5">{text}</code>
      <Copy text={text} what={what} />
    </div>
  );
}

function Ember({ to, children }: { to: "/submit" | "/settings" | "/jobs"; children: string }) {
  return (
    <Link to={to} className="text-ember underline underline-offset-2">
      {children}
    </Link>
  );
}
