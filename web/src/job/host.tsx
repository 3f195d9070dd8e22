import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { workerQuery } from "~/api/job.ts";

/** The machine and process of a worker; the id alone when the worker is forgotten. */
export function Host({ workerId }: { workerId: string }) {
  const { data } = useQuery({ ...workerQuery(workerId), retry: false });
  return (
    <Link
      to="/jobs"
      search={{ q: `worker:${workerId}` }}
      title={`Jobs of worker ${workerId}`}
      className="figures underline decoration-hairline underline-offset-2 hover:decoration-current"
    >
      {data ? `${data.host} ${data.pid}` : `${workerId.slice(0, 8)}…${workerId.slice(-4)}`}
    </Link>
  );
}
