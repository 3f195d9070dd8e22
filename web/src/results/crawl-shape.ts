/** The pages of a crawl, as `web_scraping` gives them back. Pure. */
import { amount, each, type Fields, fields, list, words } from "~/results/reading.ts";

export interface CrawlNode {
  readonly name: string;
  readonly pages: number;
  readonly url?: string;
  readonly status?: number;
  readonly children: readonly CrawlNode[];
}

interface CrawledPage {
  readonly url: string;
  readonly title: string;
  readonly status?: number;
  readonly depth: number;
  readonly bytes?: number;
  readonly elapsedMs?: number;
  readonly error?: string;
}

export interface CrawlShape {
  readonly url: string;
  readonly tree: readonly CrawlNode[];
  readonly pages: readonly CrawledPage[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly items: number;
  readonly broken: readonly { readonly url: string; readonly why: string; readonly on: string }[];
  readonly blocked: readonly string[];
  readonly external: readonly string[];
  readonly fetched: number;
  readonly failed: number;
  readonly bytes: number;
  readonly durationMs?: number;
}

/** Deeper folders than any real site has are not drawn. */
const DEEPEST = 40;

/** Undefined when the result is no crawl. */
export function readCrawl(result: Fields): CrawlShape | undefined {
  const [pages, tree, items] = [list(result.pages), list(result.tree), fields(result.items)];
  if (!pages || !tree) return;
  const [links, robots, stats] = [result.links, result.robots, result.stats].map(fields);
  const duration = amount(stats?.duration_ms);
  const rows = each(items?.rows, list);
  return {
    url: words(result.url) ?? "",
    tree: each(tree, (it) => node(it, 0)),
    pages: each(pages, page),
    columns: each(items?.columns, words),
    rows,
    items: amount(items?.total) ?? rows.length,
    broken: each(links?.broken, (it) => {
      const link = fields(it);
      const url = words(link?.url);
      if (url === undefined) return;
      const why = words(link?.error) || String(amount(link?.status) ?? "unreachable");
      return { url, why, on: words(link?.found_on) ?? "" };
    }),
    blocked: each(robots?.blocked, words),
    external: each(links?.external_urls, words),
    fetched: amount(stats?.fetched) ?? pages.length,
    failed: amount(stats?.failed) ?? 0,
    bytes: amount(stats?.bytes) ?? 0,
    ...(duration === undefined ? {} : { durationMs: duration }),
  };
}

function node(value: unknown, depth: number): CrawlNode | undefined {
  const it = fields(value);
  const name = words(it?.name);
  if (!it || name === undefined || depth > DEEPEST) return;
  const [url, status] = [words(it.url), amount(it.status)];
  return {
    name,
    pages: amount(it.pages) ?? 0,
    ...(url ? { url } : {}),
    ...(status ? { status } : {}),
    children: each(it.children, (child) => node(child, depth + 1)),
  };
}

function page(value: unknown): CrawledPage | undefined {
  const it = fields(value);
  const url = words(it?.url);
  if (!it || url === undefined) return;
  const [status, size, elapsed] = [it.status, it.bytes, it.elapsed_ms].map(amount);
  const error = words(it.error);
  return {
    url,
    title: words(it.title) ?? "",
    depth: amount(it.depth) ?? 0,
    ...(status ? { status } : {}),
    ...(size === undefined ? {} : { bytes: size }),
    ...(elapsed === undefined ? {} : { elapsedMs: elapsed }),
    ...(error ? { error } : {}),
  };
}
