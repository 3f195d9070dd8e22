import { Download } from "lucide-react";
import { useState } from "react";
import { file } from "~/api/client.ts";
import type { ArtifactRecord, JobDetail } from "~/api/schema.ts";
import { download } from "~/lib/download.ts";
import { bytes } from "~/lib/format.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Shown } from "~/ui/shown.tsx";

/** The files that the job made. */
export function ArtifactList({ job }: { job: JobDetail }) {
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<Error>();
  if (job.artifacts.length === 0) return null;

  async function save({ name }: ArtifactRecord): Promise<void> {
    setBusy(name);
    setError(undefined);
    try {
      const path = `/api/v1/jobs/${job.id}/artifacts/${encodeURIComponent(name)}`;
      download(await file(path), name.split("/").at(-1) ?? name);
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setBusy(undefined);
    }
  }

  return (
    <section aria-label="Files" className="flex flex-col gap-1">
      <h2 className="font-medium">Files</h2>
      {error && <Notice error={error} />}
      <ul>
        {job.artifacts.map((it) => (
          <li key={it.name} className="flex min-h-9 items-center gap-4 border-hairline border-b">
            <span className="figures min-w-0 flex-1 wrap-anywhere">
              <Shown text={it.name} />
            </span>
            <span className="text-soft max-md:hidden">{it.media_type}</span>
            <span className="figures w-16 text-right text-soft">{bytes(it.size_bytes)}</span>
            <Button
              kind="quiet"
              label={`Download ${it.name}`}
              onClick={() => void save(it)}
              unless={busy === it.name ? "Being downloaded." : undefined}
            >
              <Download aria-hidden className="size-4" strokeWidth={1.75} />
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
