import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeUser, usersQuery } from "~/api/admin.ts";
import type { Account, Role } from "~/api/schema.ts";
import { Confirm } from "~/ui/confirm.tsx";
import { Field } from "~/ui/field.tsx";
import { Select } from "~/ui/select.tsx";
import { useSay } from "~/ui/toast.tsx";
import { Switch } from "~/ui/toggle.tsx";

const ROLES: readonly { value: Role; label: string }[] = [
  { value: "viewer", label: "Viewer: read only" },
  { value: "operator", label: "Operator: submit and act on jobs" },
  { value: "admin", label: "Admin: manage everything" },
];

/** What an admin may change of an account; refusals, such as for the last admin, show inside. */
export function UserDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const [role, setRole] = useState(account.role);
  const [active, setActive] = useState(account.active);
  const [limit, setLimit] = useState(String(account.rate_limit ?? ""));
  const client = useQueryClient();
  const say = useSay();
  const wrong =
    limit === "" || /^[1-9]\d{0,6}$/.test(limit) ? undefined : "A whole number from 1, or nothing.";
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Change ${account.username}`}
      verb="Save"
      unless={wrong}
      onConfirm={async () => {
        const rate_limit = limit === "" ? null : Number(limit);
        await changeUser(account.id, { role, active, rate_limit });
        await client.invalidateQueries({ queryKey: usersQuery.queryKey });
        say(`${account.username} changed`);
      }}
    >
      <div className="flex flex-col gap-1">
        <span className="font-medium text-sm">Role</span>
        <Select label="Role" options={ROLES} value={role} onValue={setRole} />
      </div>
      <Field
        label="Request limit"
        name="rate_limit"
        inputMode="numeric"
        placeholder="Default"
        hint="Requests per window, its API keys included."
        value={limit}
        onValue={setLimit}
        error={wrong}
      />
      <Switch checked={active} onChecked={setActive}>
        May sign in
      </Switch>
    </Confirm>
  );
}
