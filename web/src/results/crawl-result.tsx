import { useMemo, useState } from "react";
import { bytes, count, span } from "~/lib/format.ts";
import { type CrawlShape, readCrawl } from "~/results/crawl-shape.ts";
import { CrawlTree } from "~/results/crawl-tree.tsx";
import { Grid } from "~/results/grid.tsx";
import { Numbers } from "~/results/numbers.tsx";
import type { ResultProps } from "~/results/props.ts";
import { Shown } from "~/ui/shown.tsx";
import { Tabs } from "~/ui/tabs.tsx";

type Part = "site" | "pages" | "items" | "links";

/** A crawl: the site as a tree, its pages, what was taken from them, and links that lead nowhere. */
export function CrawlResult({ result }: ResultProps) {
  const crawl = useMemo(() => readCrawl(result), [result]);
  const [part, setPart] = useState<Part>();
  if (!crawl) return null;
  const links = crawl.broken.length + crawl.blocked.length + crawl.external.length;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <Numbers
        of={[
          ["Pages", count(crawl.fetched)],
          ["Items", count(crawl.items)],
          ["Failed", crawl.failed > 0 && count(crawl.failed)],
          ["Broken links", crawl.broken.length > 0 && count(crawl.broken.length)],
          ["Read", bytes(crawl.bytes)],
          ["Took", crawl.durationMs !== undefined && span(crawl.durationMs / 1000)],
        ]}
      />
      <Tabs<Part>
        label="Parts of the crawl"
        open={part ?? (crawl.rows.length > 0 ? "items" : "site")}
        onOpen={setPart}
        tabs={[
          {
            name: "items",
            label: <Label text="Items" n={crawl.items} />,
            content: () => <Items crawl={crawl} />,
          },
          {
            name: "site",
            label: <Label text="Site" />,
            content: () => <CrawlTree tree={crawl.tree} />,
          },
          {
            name: "pages",
            label: <Label text="Pages" n={crawl.pages.length} />,
            content: () => <Pages crawl={crawl} />,
          },
          {
            name: "links",
            label: <Label text="Links" n={links} />,
            content: () => <Links crawl={crawl} />,
          },
        ]}
      />
    </div>
  );
}

function Label({ text, n }: { text: string; n?: number }) {
  return (
    <>
      {text}
      {n !== undefined && <span className="figures text-faint">{count(n)}</span>}
    </>
  );
}

function Items({ crawl: { columns, rows } }: { crawl: CrawlShape }) {
  if (rows.length === 0) return <p className="text-soft">The selectors found nothing.</p>;
  return <Grid label="Items" columns={columns} rows={rows} />;
}

const PAGE_COLUMNS = ["status", "depth", "url", "title", "bytes", "ms", "error"];

function Pages({ crawl: { pages } }: { crawl: CrawlShape }) {
  const rows = pages.map((it) => [
    it.status ?? null,
    it.depth,
    it.url,
    it.title,
    it.bytes ?? null,
    it.elapsedMs ?? null,
    it.error ?? "",
  ]);
  if (rows.length === 0) return <p className="text-soft">No page was fetched.</p>;
  return <Grid label="Pages" columns={PAGE_COLUMNS} rows={rows} />;
}

function Links({ crawl: { broken, blocked, external } }: { crawl: CrawlShape }) {
  if (broken.length + blocked.length + external.length === 0) {
    return <p className="text-soft">No link is broken, forbidden or external.</p>;
  }
  return (
    <div className="flex flex-col gap-5">
      {broken.length > 0 && (
        <Grid
          label="Broken links"
          columns={["why", "broken link", "found on"]}
          rows={broken.map(({ url, why, on }) => [why, url, on])}
        />
      )}
      <Addresses title="Forbidden by robots.txt" urls={blocked} />
      <Addresses title="Links to other sites" urls={external} />
    </div>
  );
}

/** As text and not as links: nobody here has looked at where they lead. */
function Addresses({ title, urls }: { title: string; urls: readonly string[] }) {
  if (urls.length === 0) return null;
  return (
    <section aria-label={title} className="flex flex-col gap-1">
      <h3 className="font-medium">{title}</h3>
      <ul className="figures flex flex-col">
        {urls.map((url) => (
          <li key={url} className="border-hairline border-b py-1 wrap-anywhere">
            <Shown text={url} />
          </li>
        ))}
      </ul>
    </section>
  );
}
