import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { MadeSecret, SecretState } from "~/api/schema.ts";
import { endPreviousSecret, makeSecret, secretQuery } from "~/api/webhooks.ts";
import { useUnless } from "~/session/use-session.ts";
import { Asked } from "~/ui/asked.tsx";
import { Button } from "~/ui/button.tsx";
import { Confirm } from "~/ui/confirm.tsx";
import { Dialog } from "~/ui/dialog.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Reveal } from "~/ui/reveal.tsx";

/** The secret that signs the webhooks of one's own jobs. */
export function SigningSecret() {
  const secret = useQuery(secretQuery);
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <p className="text-soft">
        It signs the webhooks of your jobs by the Standard Webhooks scheme, so that receivers can
        tell them from forgeries. After a rotation the one before signs for 24 hours more.
      </p>
      <Asked query={secret} rows={2}>
        {(state) => <Standing state={state} />}
      </Asked>
    </div>
  );
}

function Standing({ state }: { state: SecretState }) {
  const client = useQueryClient();
  const unless = useUnless("secret");
  const [asking, setAsking] = useState<"make" | "end">();
  const [made, setMade] = useState<MadeSecret>();
  const renew = () => client.invalidateQueries({ queryKey: secretQuery.queryKey });
  const exists = state.created_at !== null;
  const previous = state.previous_expires_at;
  return (
    <>
      <Facts
        facts={[
          [
            "In use",
            state.created_at ? (
              <>
                since <Moment at={state.created_at} as="clock" />
              </>
            ) : (
              "None: webhooks go without a signature"
            ),
          ],
          [
            "The one before",
            previous && (
              <>
                signs until <Moment at={previous} as="clock" />
              </>
            ),
          ],
        ]}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          kind={exists ? "plain" : "primary"}
          onClick={() => setAsking("make")}
          unless={unless}
        >
          {exists ? "Rotate the secret" : "Make a secret"}
        </Button>
        {previous && (
          <Button kind="danger" onClick={() => setAsking("end")} unless={unless}>
            End the one before
          </Button>
        )}
      </div>
      <Confirm
        open={asking === "make"}
        onOpenChange={(open) => !open && setAsking(undefined)}
        title={exists ? "Rotate the signing secret?" : "Make a signing secret?"}
        verb={exists ? "Rotate" : "Make"}
        onConfirm={async () => {
          setMade(await makeSecret());
          await renew();
        }}
      >
        <p className="text-soft">
          {exists
            ? "Both secrets sign for 24 hours, so that receivers can change over."
            : "It is shown once; give it to your receivers."}
        </p>
      </Confirm>
      <Confirm
        open={asking === "end"}
        onOpenChange={(open) => !open && setAsking(undefined)}
        title="End the secret before?"
        verb="End it"
        danger
        onConfirm={async () => {
          await endPreviousSecret();
          await renew();
        }}
      >
        <p className="text-soft">Receivers that still use it refuse webhooks from now on.</p>
      </Confirm>
      <Dialog
        open={made !== undefined}
        onOpenChange={(open) => !open && setMade(undefined)}
        title="Your new signing secret"
      >
        {made && <Reveal secret={made.secret} what="the secret" />}
        <div className="flex justify-end">
          <Button kind="primary" onClick={() => setMade(undefined)}>
            I have kept it
          </Button>
        </div>
      </Dialog>
    </>
  );
}
