/** Keys as they are printed; `then` separates a sequence. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className="flex items-center gap-1 text-faint text-xs">
      {keys.split(" then ").map((key, index) => (
        <kbd
          // biome-ignore lint/suspicious/noArrayIndexKey: a key may come twice, and its place is what it is
          key={index}
          className="figures min-w-5 rounded border border-hairline px-1.5 py-0.5 text-center"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
