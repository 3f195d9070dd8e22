import { useEffect, useRef, useState } from "react";
import { useFrames } from "~/live/live.tsx";
import { addTo, NOTHING, sentence } from "~/live/tally.ts";

/** Whoever listens to a page wants news, not noise. */
const EVERY_MS = 10_000;

/** Says politely what came, at most every ten seconds. */
export function Announcer() {
  const tally = useRef(NOTHING);
  const [words, setWords] = useState("");
  useFrames((frames) => {
    tally.current = addTo(tally.current, frames);
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const next = sentence(tally.current);
      tally.current = NOTHING;
      if (next) setWords(next);
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="status" className="sr-only">
      {words}
    </p>
  );
}
