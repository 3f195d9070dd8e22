/** Which viewer fits a result: by what its type says, and by what the result is like. Pure. */
import type { TypeDescriptionViewer as Viewer } from "~/api/schema.ts";
import { readCrawl } from "~/results/crawl-shape.ts";
import { readFindings } from "~/results/findings-shape.ts";
import { readMail } from "~/results/mail-shape.ts";
import type { Fields } from "~/results/reading.ts";
import { readTable } from "~/results/table-shape.ts";
import { readText } from "~/results/text-shape.ts";

export type Reading = "table" | "crawl" | "text" | "findings" | "mail";

const READERS: Readonly<Record<Reading, (result: Fields) => unknown>> = {
  crawl: readCrawl,
  table: readTable,
  findings: readFindings,
  text: readText,
  mail: readMail,
};
const OF: Readonly<Record<Viewer, readonly Reading[]>> = {
  table: ["crawl", "table"],
  chart: ["table"],
  tree: ["crawl"],
  text: ["text"],
  findings: ["findings"],
  mail: ["mail"],
  json: [],
};

/** Undefined: as JSON. */
export function viewersOf(result: Fields, viewer: Viewer | undefined): Reading | undefined {
  const known = viewer === undefined ? (Object.keys(READERS) as Reading[]) : (OF[viewer] ?? []);
  return known.find((it) => READERS[it](result) !== undefined);
}
