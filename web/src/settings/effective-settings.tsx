import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { EffectiveSetting } from "~/api/schema.ts";
import { Empty } from "~/ui/faces.tsx";
import { Find } from "~/ui/find.tsx";
import { Section } from "~/ui/page.tsx";
import { type Column, Table } from "~/ui/table.tsx";
import { Switch } from "~/ui/toggle.tsx";

const route = getRouteApi("/settings/system");

export function EffectiveSettings({ settings }: { settings: readonly EffectiveSetting[] }) {
  const { find } = route.useSearch();
  const navigate = route.useNavigate();
  const [own, setOwn] = useState(false);
  const words = find?.toLowerCase() ?? "";
  const shown = settings.filter(
    (it) => (!own || it.origin !== "default") && it.name.toLowerCase().includes(words),
  );
  return (
    <Section
      title="Effective settings"
      note="Since this process started; secrets are hidden"
      actions={
        <>
          <Switch checked={own} onChecked={setOwn}>
            Without defaults
          </Switch>
          <Find
            label="Find a setting"
            value={find ?? ""}
            onValue={(value) =>
              void navigate({ search: value ? { find: value } : {}, replace: true })
            }
          />
        </>
      }
    >
      {shown.length === 0 ? (
        <Empty title="No setting matches" />
      ) : (
        <Table label="Settings" columns={COLUMNS} rows={shown} rowKey={(it) => it.name} />
      )}
    </Section>
  );
}

const COLUMNS: readonly Column<EffectiveSetting>[] = [
  { head: "Setting", width: "w-80", cell: (it) => <span className="figures">{it.name}</span> },
  {
    head: "Value",
    place: "line",
    cell: (it) =>
      it.value === null || it.value === "" ? (
        <span className="text-faint">not set</span>
      ) : (
        <span className="figures wrap-anywhere">{String(it.value)}</span>
      ),
  },
  {
    head: "From",
    place: "corner",
    cell: (it) => (
      <span className={it.origin === "default" ? "text-faint" : "font-medium"}>{it.origin}</span>
    ),
  },
];
