/** The product's name, with its sign. */
export function Mark({ short = false }: { short?: boolean }) {
  return (
    <span className="flex items-center gap-2.5 font-semibold text-lg tracking-tight">
      <img src="/mark.svg" alt="" className="size-6" />
      {!short && "TaskForge"}
    </span>
  );
}
