import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { systemQuery } from "~/api/admin.ts";
import { Allowed } from "~/settings/allowed.tsx";
import { EffectiveSettings } from "~/settings/effective-settings.tsx";
import { SystemHealth } from "~/settings/system-health.tsx";
import { Asked } from "~/ui/asked.tsx";
import { Button } from "~/ui/button.tsx";
import { Section } from "~/ui/page.tsx";

const EVERY_MS = 15_000;

export function SystemPart() {
  return (
    <Allowed permission="system" title="The state of the system is for admins">
      {() => <System />}
    </Allowed>
  );
}

function System() {
  const system = useQuery({ ...systemQuery, refetchInterval: EVERY_MS });
  return (
    <>
      <Section
        title="Health"
        note="As one API process sees it"
        actions={
          <Button kind="quiet" label="Read again" onClick={() => void system.refetch()}>
            <RotateCw aria-hidden className="size-4" strokeWidth={1.75} />
          </Button>
        }
      >
        <Asked query={system} rows={12}>
          {(data) => <SystemHealth system={data} />}
        </Asked>
      </Section>
      {system.data && <EffectiveSettings settings={system.data.settings} />}
    </>
  );
}
