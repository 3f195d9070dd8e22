import { useQuery } from "@tanstack/react-query";
import { frameQuery } from "~/api/mailbox.ts";
import type { MailItem } from "~/api/schema.ts";
import { Asked } from "~/ui/asked.tsx";

/**
 * The message's HTML in a document of its own, under a policy that lets no script, picture or form
 * through. On white in both themes, as mail programs draw it.
 */
export function MailFrame({ mail: { id, subject } }: { mail: Pick<MailItem, "id" | "subject"> }) {
  const frame = useQuery(frameQuery(id));
  return (
    <Asked query={frame} rows={1} height={480}>
      {(url) => (
        <iframe
          key={url}
          title={`Message: ${subject}`}
          src={url}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          className="h-[60vh] w-full rounded-md border border-hairline bg-[white]"
        />
      )}
    </Asked>
  );
}
