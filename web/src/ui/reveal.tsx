import { Copy } from "~/ui/copy.tsx";

/** A secret that is shown this once. */
export function Reveal({ secret, what }: { secret: string; what: string }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-2 rounded-md border border-edge bg-sunken px-3 py-2">
        <code className="figures min-w-0 flex-1 select-all wrap-anywhere">{secret}</code>
        <Copy text={secret} what={what} />
      </p>
      <p className="text-soft">Keep it now: it is not shown again, and nobody can look it up.</p>
    </div>
  );
}
