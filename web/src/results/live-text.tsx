import { count } from "~/lib/format.ts";
import type { Stream } from "~/live/streams.ts";
import { Shown } from "~/ui/shown.tsx";

/** What a job writes while it runs, as it comes. */
export function LiveText({ stream: { text, missed } }: { stream: Stream }) {
  return (
    <section aria-label="Written so far" className="flex flex-col gap-2">
      <p className="text-faint text-sm">
        Written so far
        {missed > 0 && `; ${count(missed)} characters came before this page was open`}
      </p>
      <p aria-live="off" className="max-w-prose whitespace-pre-wrap text-lg wrap-anywhere">
        <Shown text={text} kept={"\n\t"} />
        <span
          aria-hidden
          className="ml-0.5 inline-block h-4 w-1.5 translate-y-0.5 bg-ember motion-safe:animate-pulse"
        />
      </p>
    </section>
  );
}
