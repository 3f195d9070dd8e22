import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { ApiProblem } from "~/api/problem.ts";
import { sendTest } from "~/api/webhooks.ts";
import { Button } from "~/ui/button.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Field } from "~/ui/field.tsx";
import { useSay } from "~/ui/toast.tsx";

/** Runs a small job whose end is told to an address, and shows how its delivery fares. */
export function TestDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const say = useSay();
  const test = useMutation({
    mutationFn: (url: string) => sendTest(url),
    onSuccess: (job) => {
      say("Test under way", "Its delivery appears when the job has ended.");
      onClose();
      void navigate({ to: "/webhooks", search: { job: job.id } });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    test.mutate(String(new FormData(event.currentTarget).get("url")));
  }

  const placed = test.error instanceof ApiProblem ? test.error.at("/webhook_url") : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={(wanted) => !wanted && onClose()}
      title="Send a test webhook"
      description="A small job runs, and its end is told to the address: signed, tried again and logged as all are."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          label="Address"
          name="url"
          placeholder="https://example.com/hooks"
          autoComplete="url"
          error={placed}
          required
        />
        {test.error && !placed && <Notice error={test.error} />}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" unless={test.isPending ? "In progress" : undefined}>
            Send the test
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
