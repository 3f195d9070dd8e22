import { useNavigate } from "@tanstack/react-router";
import {
  Bell,
  BellOff,
  Copy as CopyIcon,
  Ellipsis,
  ExternalLink,
  RotateCw,
  Square,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import type { JobDetail } from "~/api/schema.ts";
import { follow, unfollow, useFollowed } from "~/job/follow.ts";
import { isEnd } from "~/job/timeline.ts";
import { useDeeds } from "~/job/use-deeds.ts";
import { useShortcut } from "~/keys/keyboard.tsx";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { type Choice, Menu } from "~/ui/menu.tsx";

interface Props {
  readonly job: JobDetail;
  readonly gone: boolean;
  readonly compact: boolean;
  readonly onRefused: (refusal: Error | undefined) => void;
}

export function JobActions({ job, gone, compact, onRefused }: Props) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"cancel" | "remove">();
  const { unless, ...deeds } = useDeeds({ job, gone, onRefused });
  const following = useFollowing(job, gone);
  const maySubmitNot = useUnless("submit");
  const unlessClone = gone ? "The job was deleted." : maySubmitNot;
  useShortcut("retry", deeds.retry);
  useShortcut("cancel", () => unless.cancel === undefined && setAsked("cancel"));
  useShortcut("remove", () => unless.remove === undefined && setAsked("remove"));

  const page: Choice = {
    name: "Open its page",
    icon: ExternalLink,
    run: () => void navigate({ to: "/jobs/$jobId", params: { jobId: job.id } }),
  };
  return (
    <>
      {isEnd(job.status) ? (
        <Button
          kind={job.status === "success" ? "plain" : "primary"}
          onClick={deeds.retry}
          unless={unless.retry}
        >
          <RotateCw aria-hidden className="size-4" strokeWidth={1.75} />
          Retry
        </Button>
      ) : (
        <Button onClick={() => setAsked("cancel")} unless={unless.cancel}>
          <Square aria-hidden className="size-3.5" strokeWidth={2} />
          Cancel
        </Button>
      )}
      <Button
        onClick={() => void navigate({ to: "/submit", search: { clone: job.id } })}
        unless={unlessClone}
      >
        <CopyIcon aria-hidden className="size-4" strokeWidth={1.75} />
        Clone
      </Button>
      <Menu
        label="More to do with this job"
        trigger={<Ellipsis aria-hidden className="size-4" />}
        choices={[
          following,
          ...(compact ? [page] : []),
          {
            name: "Delete",
            icon: Trash2,
            danger: true,
            run: () => setAsked("remove"),
            unless: unless.remove,
          },
        ]}
      />
      <Asking
        running={job.status === "running"}
        asked={asked}
        onAsked={setAsked}
        onCancel={deeds.cancel}
        onRemove={deeds.remove}
      />
    </>
  );
}

function useFollowing(job: JobDetail, gone: boolean): Choice {
  const followed = useFollowed().has(job.id);
  return {
    name: followed ? "Stop following" : "Tell me when it ends",
    icon: followed ? BellOff : Bell,
    run: () => (followed ? unfollow(job.id) : follow(job.id)),
    unless: gone || isEnd(job.status) ? "It has ended." : undefined,
  };
}

interface AskingProps {
  readonly running: boolean;
  readonly asked: "cancel" | "remove" | undefined;
  readonly onAsked: (asked: "cancel" | "remove" | undefined) => void;
  readonly onCancel: () => Promise<unknown>;
  readonly onRemove: () => Promise<unknown>;
}

function Asking({ running, asked, onAsked, onCancel, onRemove }: AskingProps) {
  return (
    <>
      <Confirm
        open={asked === "cancel"}
        onOpenChange={(open) => onAsked(open ? "cancel" : undefined)}
        title={running ? "Ask this job to stop?" : "Cancel this job?"}
        verb={running ? "Ask it to stop" : "Cancel the job"}
        onConfirm={onCancel}
      >
        <p className="text-soft">
          {running
            ? "Its worker stops it within seconds; what it has done so far is not undone."
            : "It will not run. It can be retried later."}
        </p>
      </Confirm>
      <Confirm
        open={asked === "remove"}
        onOpenChange={(open) => onAsked(open ? "remove" : undefined)}
        title="Delete this job?"
        verb="Delete the job"
        danger
        onConfirm={onRemove}
      >
        <p className="text-soft">
          Its result, log, files and history go with it. This cannot be undone.
        </p>
      </Confirm>
    </>
  );
}
