/** One line or layer; told by its pattern and its word as much as by its colour. */
export interface Series {
  readonly key: string;
  readonly label: string;
  /** A colour token: `var(--plot-failed)`. */
  readonly tone: string;
  /** Of layers: slanting lines in place of a fill. Of lines: dashes. */
  readonly broken?: boolean;
}

/** What was measured in the span that begins at `at`; null where nothing was. */
export interface Point {
  readonly at: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** A stretch of time somebody has chosen, in milliseconds since 1970. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Plot {
  /** Layers upon each other, or lines. */
  readonly kind: "layers" | "lines";
  /** From the bottom up. */
  readonly series: readonly Series[];
  /** Oldest first, one per span, without a gap; at most 240. */
  readonly points: readonly Point[];
  readonly stepMs: number;
  /** A value with its unit. */
  readonly format: (value: number) => string;
  /** Where the axis is marked, from 0 to at least the largest value. */
  readonly ticks: (most: number) => number[];
}
