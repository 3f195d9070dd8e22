import type { JsonObject } from "~/lib/json.ts";
import { Skeleton } from "~/ui/faces.tsx";
import { Fires } from "~/ui/order/fires.tsx";
import type { useTimetable } from "~/ui/order/use-timetable.ts";

interface Props {
  readonly plan: JsonObject;
  readonly timetable: ReturnType<typeof useTimetable>;
}

/** A timetable in words, and the moments that it leads to. */
export function TimetablePreview({ plan, timetable: { query } }: Props) {
  const zone = typeof plan.timezone === "string" ? plan.timezone : "UTC";
  if (query.isError) return <p className="text-soft">No timetable yet: {query.error.message}</p>;
  if (!query.data) return <Skeleton rows={6} height={28} />;
  return (
    <div className={`flex flex-col gap-2 ${query.isPlaceholderData ? "opacity-60" : ""}`}>
      <p role="status" className="font-medium first-letter:uppercase">
        {query.data.words}
      </p>
      <Fires fires={query.data.fires} zone={zone} />
    </div>
  );
}
