import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef } from "react";
import { changeMe } from "~/api/account.ts";
import { ApiProblem } from "~/api/problem.ts";
import type { OwnChange } from "~/api/schema.ts";
import { updateAccount } from "~/api/session.ts";
import { Button } from "~/ui/button.tsx";
import { Notice } from "~/ui/faces.tsx";
import { Field } from "~/ui/field.tsx";
import { Section } from "~/ui/page.tsx";
import { useSay } from "~/ui/toast.tsx";

interface Props {
  readonly title: string;
  /** What is said when it is done. */
  readonly done: string;
  readonly name: "new_password" | "email";
  readonly label: string;
  readonly type: "password" | "email";
  readonly autoComplete: string;
  readonly hint?: string;
}

/** Changes one thing of one's own; the password of now shows that it is oneself. */
export function OwnForm({ title, done, ...field }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const say = useSay();
  const change = useMutation({
    mutationFn: (order: OwnChange) => changeMe(order),
    onSuccess: (account) => {
      updateAccount(account);
      form.current?.reset();
      say(done);
    },
  });

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    change.mutate({
      current_password: String(given.get("current_password")),
      new_password: null,
      email: null,
      [field.name]: String(given.get(field.name)),
    });
  }

  const problem = change.error instanceof ApiProblem ? change.error : undefined;
  const at = (name: string) => problem?.at(`/${name}`);
  const placed = at(field.name) ?? at("current_password");
  return (
    <Section title={title}>
      <form ref={form} onSubmit={submit} className="flex max-w-88 flex-col gap-4">
        <Field
          label="Current password"
          name="current_password"
          type="password"
          autoComplete="current-password"
          error={at("current_password")}
          required
        />
        <Field {...field} error={at(field.name)} required />
        {change.error && !placed && <Notice error={change.error} />}
        <div>
          <Button type="submit" unless={change.isPending ? "In progress" : undefined}>
            {title}
          </Button>
        </div>
      </form>
    </Section>
  );
}
