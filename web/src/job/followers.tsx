import { unfollow, useFollowed } from "~/job/follow.ts";
import { isEnd } from "~/job/timeline.ts";
import { isJobFrame } from "~/live/apply.ts";
import { useFrames } from "~/live/live.tsx";
import { LOOKS } from "~/ui/status.tsx";
import { useSay } from "~/ui/toast.tsx";

/** Tells when a followed job has ended; shows nothing by itself. */
export function Followers() {
  const followed = useFollowed();
  const say = useSay();
  useFrames((frames) => {
    for (const frame of frames) {
      if (!isJobFrame(frame) || !followed.has(frame.job_id) || !isEnd(frame.status)) continue;
      unfollow(frame.job_id);
      const title = `${LOOKS[frame.status].label}: ${frame.job.summary ?? frame.type}`;
      say(title, frame.job_id);
      if (document.hidden && "Notification" in window && Notification.permission === "granted") {
        new Notification(title, { tag: frame.job_id });
      }
    }
  });
  return null;
}
