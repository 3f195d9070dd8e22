import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { keysQuery, makeKey } from "~/api/account.ts";
import { jobTypesQuery } from "~/api/job-types.ts";
import { ApiProblem } from "~/api/problem.ts";
import type { FurtherKey, KeyOrder, Permission, Priority } from "~/api/schema.ts";
import { useSession } from "~/session/use-session.ts";
import { grantable, PERMISSION_WORDS, scopeOf } from "~/settings/key-scope.ts";
import { Button } from "~/ui/button.tsx";
import { Choices } from "~/ui/choices.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Field } from "~/ui/field.tsx";
import { Reveal } from "~/ui/reveal.tsx";
import { Select } from "~/ui/select.tsx";

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "never", label: "Never" },
] as const;
type Life = (typeof LIVES)[number]["value"];
const PRIORITIES: readonly Priority[] = ["critical", "high", "normal", "low"];

/** Makes a key, and shows it this once. */
export function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [made, setMade] = useState<FurtherKey>();

  function close(): void {
    setMade(undefined);
    onClose();
  }

  return (
    <Dialog
      open={open}
      onOpenChange={(wanted) => !wanted && close()}
      title={made ? "Your new key" : "New API key"}
    >
      {made ? (
        <>
          <Reveal secret={made.key} what="the key" />
          <div className="flex justify-end">
            <Button kind="primary" onClick={close}>
              I have kept it
            </Button>
          </div>
        </>
      ) : (
        <KeyForm onMade={setMade} onKeep={close} />
      )}
    </Dialog>
  );
}

interface FormProps {
  readonly onMade: (key: FurtherKey) => void;
  readonly onKeep: () => void;
}

function KeyForm({ onMade, onKeep }: FormProps) {
  const session = useSession();
  const client = useQueryClient();
  const known = useQuery(jobTypesQuery).data?.items.map((it) => it.name) ?? [];
  const [life, setLife] = useState<Life>("90");
  const [permissions, setPermissions] = useState<readonly Permission[]>([]);
  const [types, setTypes] = useState<readonly string[]>([]);
  const [priorities, setPriorities] = useState<readonly Priority[]>([]);
  const make = useMutation({
    mutationFn: (order: KeyOrder) => makeKey(order),
    onSuccess: (key) => {
      void client.invalidateQueries({ queryKey: keysQuery.queryKey });
      onMade(key);
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    make.mutate({
      name: String(new FormData(event.currentTarget).get("name")),
      scope: scopeOf({ permissions, types, priorities }),
      expires_at: life === "never" ? null : new Date(Date.now() + Number(life) * DAY_MS).toJSON(),
    });
  }

  const own = session.state === "in" ? grantable(session.account.permissions) : [];
  const named = make.error instanceof ApiProblem ? make.error.at("/name") : undefined;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Name"
        name="name"
        autoComplete="off"
        hint="What will use it."
        error={named}
        required
      />
      <div className="flex flex-col gap-1">
        <span className="font-medium text-sm">Expires</span>
        <Select label="Expires" options={LIVES} value={life} onValue={setLife} />
      </div>
      <Choices
        label="Permissions"
        none="All of yours"
        options={own.map((it) => ({ value: it, label: PERMISSION_WORDS[it] ?? it }))}
        chosen={permissions}
        onChosen={setPermissions}
      />
      <Choices
        label="Job types"
        none="All"
        options={known.map((it) => ({ value: it, label: it }))}
        chosen={types}
        onChosen={setTypes}
      />
      <Choices
        label="Priorities"
        none="All"
        options={PRIORITIES.map((it) => ({ value: it, label: it }))}
        chosen={priorities}
        onChosen={setPriorities}
      />
      {make.error && !named && <Notice error={make.error} />}
      <div className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onKeep}>
          Cancel
        </Button>
        <Button kind="primary" type="submit" unless={make.isPending ? "In progress" : undefined}>
          Make key
        </Button>
      </div>
    </form>
  );
}
