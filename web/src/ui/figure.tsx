/** A number or a name in digits of one width. */
export function Figure({ text }: { text: string }) {
  return <span className="figures whitespace-nowrap">{text}</span>;
}
