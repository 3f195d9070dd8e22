import { type FormEvent, useState } from "react";
import { ApiProblem } from "~/api/problem.ts";
import type { Problem } from "~/api/schema.ts";
import { signIn } from "~/api/session.ts";
import { Button } from "~/ui/button.tsx";
import { Field } from "~/ui/field.tsx";
import { Mark } from "~/ui/mark.tsx";

export function SignInPage({ ended }: { ended: boolean }) {
  const [problem, setProblem] = useState<ApiProblem>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(await attempt(String(form.get("username")), String(form.get("password"))));
    setBusy(false);
  }

  return (
    <main className="grid min-h-dvh place-items-center bg-sunken p-6">
      <form onSubmit={submit} className="flex w-full max-w-88 flex-col gap-5">
        <Mark />
        <div>
          <h1 className="font-semibold text-2xl tracking-tight">Sign in</h1>
          <p className="mt-1 text-soft">
            {ended ? "Your session has ended. Sign in to go on where you were." : "Watch jobs run."}
          </p>
        </div>
        {problem && (
          <p role="alert" className="border-failed border-l-2 pl-3 text-failed">
            {problem.message}
          </p>
        )}
        <Field label="User name or e-mail" name="username" autoComplete="username" required />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        <Button kind="primary" type="submit" unless={busy ? "Signing in" : undefined}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

async function attempt(username: string, password: string): Promise<ApiProblem | undefined> {
  const answer = await signIn(username, password).catch(() => undefined);
  if (!answer) return new ApiProblem(0, {});
  if (answer.ok) return undefined;
  const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  return new ApiProblem(answer.status, problem, answer.headers);
}
