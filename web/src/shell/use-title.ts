import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useNow } from "~/lib/use-now.ts";
import { usePulse } from "~/live/pulse.ts";
import { titleOf } from "~/shell/marks.ts";
import { PLACES } from "~/shell/places.ts";

/** Names the browser's tab by the page, and by what is wrong: a tab in the background tells it, too. */
export function useTitle(): void {
  const path = useLocation({ select: (it) => it.pathname });
  const standing = usePulse();
  const now = useNow();
  const place = PLACES.find(({ to }) => (to === "/" ? path === to : path.startsWith(to)));
  const other = path.startsWith("/submit") ? "Submit a job" : undefined;
  const title = titleOf(place?.name ?? other, standing, now);
  useEffect(() => {
    document.title = title;
  }, [title]);
}
