import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy as CopyIcon, Pause, Pencil, Play, Trash2, Zap } from "lucide-react";
import { type ReactNode, useState } from "react";
import { deleteSchedule, pauseSchedule, resumeSchedule, runSchedule } from "~/api/schedules.ts";
import type { Fired, ScheduleDetail } from "~/api/schema.ts";
import type { SchedulesSearch } from "~/schedules/search.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Notice } from "~/ui/faces.tsx";
import { INPUT } from "~/ui/input.ts";
import { Menu } from "~/ui/menu.tsx";
import { useSay } from "~/ui/toast.tsx";

interface Props {
  readonly schedule: ScheduleDetail;
  /** It has been deleted. */
  readonly onGone: () => void;
  readonly onGo: (search: SchedulesSearch) => void;
}

export function ScheduleActions({ schedule, onGone, onGo }: Props) {
  const { id, name, paused } = schedule;
  const unless = useUnless("schedule");
  const client = useQueryClient();
  const say = useSay();
  const [asking, setAsking] = useState<"pause" | "delete">();
  const again = () => client.invalidateQueries({ queryKey: ["schedules"] });
  const run = useMutation({ mutationFn: () => runSchedule(id), onSettled: again });
  const resume = useMutation({ mutationFn: () => resumeSchedule(id), onSettled: again });
  const refused = run.error ?? resume.error;

  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button unless={unless ?? (run.isPending ? "In progress" : undefined)} onClick={run.mutate}>
          <Sign icon={Zap} /> Run now
        </Button>
        {paused ? (
          <Button
            unless={unless ?? (resume.isPending ? "In progress" : undefined)}
            onClick={resume.mutate}
          >
            <Sign icon={Play} /> Resume
          </Button>
        ) : (
          <Button unless={unless} onClick={() => setAsking("pause")}>
            <Sign icon={Pause} /> Pause
          </Button>
        )}
        <Button unless={unless} onClick={() => onGo({ edit: id })}>
          <Sign icon={Pencil} /> Edit
        </Button>
        <Menu
          label="More"
          trigger="More"
          choices={[
            {
              name: "Duplicate",
              icon: CopyIcon,
              unless,
              run: () => onGo({ edit: "new", copy: id }),
            },
            {
              name: "Delete",
              icon: Trash2,
              danger: true,
              unless,
              run: () => setAsking("delete"),
            },
          ]}
        />
      </div>
      {unless && <p className="text-soft text-sm">{unless}</p>}
      {refused && <Notice error={refused} />}
      {run.data && <Ran fired={run.data} />}
      <PauseDialog
        open={asking === "pause"}
        onOpenChange={() => setAsking(undefined)}
        name={name}
        onPause={async (reason) => {
          await pauseSchedule(id, reason);
          await again();
        }}
      />
      <Confirm
        open={asking === "delete"}
        onOpenChange={() => setAsking(undefined)}
        title={`Delete ${name}?`}
        verb="Delete"
        danger
        onConfirm={async () => {
          await deleteSchedule(id);
          say(`${name} is deleted`);
          onGone();
          client.removeQueries({ queryKey: ["schedules", "one", id] });
          void again();
        }}
      >
        <p className="text-soft">
          It fires no more, and the record of its fires goes with it. Its jobs stay; those that wait
          or run go on.
        </p>
      </Confirm>
    </>
  );
}

function Sign({ icon: Icon }: { icon: typeof Zap }): ReactNode {
  return <Icon aria-hidden className="size-3.5" strokeWidth={2} />;
}

/** What came of a fire that was asked for. */
function Ran({ fired }: { fired: Fired }) {
  const said = fired.skipped
    ? `Skipped: ${fired.skipped}`
    : fired.held
      ? "Its job comes when the one before it has ended."
      : "Its job is on its way.";
  return (
    <p role="status" className="text-soft">
      {said}
    </p>
  );
}

interface PauseProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly name: string;
  readonly onPause: (reason: string) => Promise<void>;
}

function PauseDialog({ open, onOpenChange, name, onPause }: PauseProps) {
  const [reason, setReason] = useState("");
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title={`Pause ${name}?`}
      verb="Pause"
      onConfirm={() => onPause(reason.trim())}
    >
      <p className="text-soft">
        It fires no more until it is resumed; moments that pass meanwhile are not made up for.
      </p>
      <label className="flex flex-col gap-1 text-sm">
        Why, for everyone who wonders
        <input
          value={reason}
          maxLength={500}
          required
          autoComplete="off"
          onChange={({ target }) => setReason(target.value)}
          className={`h-9 ${INPUT}`}
        />
      </label>
    </Confirm>
  );
}
