import type { AuditRecord } from "~/api/schema.ts";
import type { AuditSearch } from "~/settings/search.ts";
import { Button } from "~/ui/button.tsx";
import { Copy } from "~/ui/copy.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";

interface Props {
  readonly record: AuditRecord | undefined;
  readonly onClose: () => void;
  readonly onNarrow: (search: AuditSearch) => void;
}

/** One deed with all that is known of it. */
export function AuditDialog({ record, onClose, onNarrow }: Props) {
  return (
    <Dialog
      open={record !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={record?.action ?? "Deed"}
      width="w-160"
    >
      {record && (
        <>
          <Facts facts={factsOf(record)} />
          <Change label="Before" value={record.before} />
          <Change label="After" value={record.after} />
          <div className="flex flex-wrap gap-2">
            {record.actor_id && (
              <Button onClick={() => onNarrow({ actor: record.actor_id ?? undefined })}>
                All by {record.actor ?? "this account"}
              </Button>
            )}
            {record.target && (
              <Button onClick={() => onNarrow({ target: record.target ?? undefined })}>
                All to this target
              </Button>
            )}
            {record.api_key_id && (
              <Button onClick={() => onNarrow({ key: record.api_key_id ?? undefined })}>
                All by this key
              </Button>
            )}
          </div>
        </>
      )}
    </Dialog>
  );
}

function factsOf(it: AuditRecord) {
  return [
    ["When", <Moment key="at" at={it.at} as="clock" />],
    ["By", it.actor],
    ["API key", it.api_key_id && <span className="figures">{it.api_key_id}</span>],
    ["From", it.ip && <span className="figures">{it.ip}</span>],
    [
      "Target",
      it.target && (
        <span key="target" className="figures">
          {it.target} <Copy text={it.target} what="the target" />
        </span>
      ),
    ],
  ] as const;
}

function Change({ label, value }: { label: string; value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-soft">{label}</h3>
      <pre className="figures max-h-64 overflow-auto rounded-md border border-hairline bg-sunken p-3 text-sm">
        {JSON.stringify(value, null, 2)}
      </pre>
    </div>
  );
}
