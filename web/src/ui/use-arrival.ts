import { animate } from "motion/mini";
import { type RefObject, useLayoutEffect } from "react";

/** Where it comes from: a page from just below, a panel from its side. */
const FROM = { below: "translateY(3px)", side: "translateX(12px)" };

/** Lets an element settle as it comes, for 120 ms; not for who asked for less motion. */
export function useArrival(frame: RefObject<HTMLElement | null>, from: keyof typeof FROM): void {
  useLayoutEffect(() => {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (calm || !frame.current || !("animate" in frame.current)) return;
    const keyframes = { opacity: [0, 1], transform: [FROM[from], "none"] };
    const playing = animate(frame.current, keyframes, { duration: 0.12, ease: [0.2, 0, 0, 1] });
    return () => playing.cancel();
  }, [frame, from]);
}
