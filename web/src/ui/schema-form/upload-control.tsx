import { FileUp } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Upload } from "~/api/schema.ts";
import { upload } from "~/api/uploads.ts";
import { bytes, percent } from "~/lib/format.ts";
import { useUnless } from "~/session/use-session.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { TextControl } from "~/ui/schema-form/controls.tsx";
import type { ValueProps } from "~/ui/schema-form/form.ts";

type Sending =
  | { readonly state: "idle" }
  | { readonly state: "sending"; readonly file: File; readonly share: number }
  | { readonly state: "sent"; readonly upload: Upload; readonly text: string }
  | { readonly state: "refused"; readonly error: Error };

/** A text that names an upload; the file may be sent from here. */
export function UploadControl(props: ValueProps & { named: string; long: boolean }) {
  const { onValue, value, label, named, long } = props;
  const [sending, setSending] = useState<Sending>({ state: "idle" });
  const unless = useUnless("submit");
  const picker = useRef<HTMLInputElement>(null);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);

  async function send(file: File): Promise<void> {
    stop.current = new AbortController();
    setSending({ state: "sending", file, share: 0 });
    try {
      const onShare = (share: number) => setSending({ state: "sending", file, share });
      const kept = await upload(file, onShare, stop.current.signal);
      const text = named.replace("{id}", kept.id);
      setSending({ state: "sent", upload: kept, text });
      onValue(text);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      setSending(error.name === "AbortError" ? { state: "idle" } : { state: "refused", error });
    }
  }

  return (
    <div className="flex min-w-0 flex-col gap-2">
      <TextControl {...props} long={long} />
      <div className="flex flex-wrap items-center gap-3">
        <Button unless={unless} onClick={() => picker.current?.click()}>
          <FileUp aria-hidden className="size-4" strokeWidth={1.75} />
          Upload a file
        </Button>
        <input
          ref={picker}
          type="file"
          aria-label={`${label}: file`}
          tabIndex={-1}
          className="sr-only"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            event.target.value = "";
            if (file) void send(file);
          }}
        />
        {sending.state === "sending" && (
          <>
            <progress
              aria-label={`Sending ${sending.file.name}`}
              max={1}
              value={sending.share}
              className="h-1.5 w-32 accent-(--ember-fill)"
            />
            <span className="figures text-soft">
              {percent(Math.round(sending.share * 100) / 100)}
            </span>
            <Button kind="quiet" onClick={() => stop.current?.abort()}>
              Stop
            </Button>
          </>
        )}
        {sending.state === "sent" && sending.text === value && (
          <span role="status" className="min-w-0 truncate text-soft">
            {sending.upload.filename},{" "}
            <span className="figures">{bytes(sending.upload.size_bytes)}</span>, kept for 24 hours
          </span>
        )}
      </div>
      {sending.state === "refused" && <Notice error={sending.error} />}
    </div>
  );
}
