import type { Account } from "~/api/schema.ts";
import { count } from "~/lib/format.ts";
import { useSession } from "~/session/use-session.ts";
import { OwnForm } from "~/settings/own-form.tsx";
import { Facts } from "~/ui/facts.tsx";
import { Moment } from "~/ui/moment.tsx";
import { Section } from "~/ui/page.tsx";

export function ProfilePart() {
  const session = useSession();
  if (session.state !== "in") return null;
  return (
    <>
      <Section title="Profile">
        <div className="max-w-xl">
          <Facts facts={factsOf(session.account)} />
        </div>
      </Section>
      <OwnForm
        title="Change password"
        done="Password changed; your other sessions have ended"
        name="new_password"
        label="New password"
        type="password"
        autoComplete="new-password"
        hint="12 characters or more. A sentence is easy to remember."
      />
      <OwnForm
        title="Change e-mail address"
        done="E-mail address changed"
        name="email"
        label="New e-mail address"
        type="email"
        autoComplete="email"
      />
    </>
  );
}

function factsOf(account: Account) {
  return [
    ["User name", account.username],
    ["E-mail", account.email],
    ["Role", account.role],
    ["Permissions", account.permissions.join(", ")],
    ["Member since", <Moment key="since" at={account.created_at} as="clock" />],
    [
      "Request limit",
      account.rate_limit === null ? "Default" : `${count(account.rate_limit)}, set for you`,
    ],
  ] as const;
}
