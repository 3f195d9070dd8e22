import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { SHOWN_BYTES, sourceQuery } from "~/api/mailbox.ts";
import { download } from "~/lib/download.ts";
import { bytes } from "~/lib/format.ts";
import { Asked } from "~/ui/asked.tsx";
import { Button } from "~/ui/button.tsx";

/** The message as it was sent, byte by byte; of a long one the beginning is shown. */
export function MailSource({ id }: { id: string }) {
  const source = useQuery(sourceQuery(id));
  return (
    <Asked query={source} rows={10}>
      {({ blob, beginning }) => (
        <div className="flex flex-col gap-3">
          <div className="flex items-center gap-3">
            <Button onClick={() => download(blob, `${id}.eml`)}>
              <Download aria-hidden className="size-4" strokeWidth={1.75} />
              Download
            </Button>
            <span className="text-soft">
              {blob.size > SHOWN_BYTES
                ? `The first ${bytes(SHOWN_BYTES)} of ${bytes(blob.size)}`
                : bytes(blob.size)}
            </span>
          </div>
          <pre className="figures whitespace-pre-wrap text-sm wrap-anywhere">{beginning}</pre>
        </div>
      )}
    </Asked>
  );
}
