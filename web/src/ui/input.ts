/** How everything looks that one types into. */
export const INPUT =
  "w-full min-w-0 rounded-md border border-edge bg-raised px-2.5 outline-offset-0 placeholder:text-faint aria-invalid:border-failed disabled:cursor-not-allowed disabled:opacity-60";
