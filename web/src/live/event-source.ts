/**
 * Reads `text/event-stream` (HTML Living Standard, section 9.2) as it comes, piece by piece. Pure.
 *
 * Needed since the browser's own EventSource sends no token and hides why it failed.
 */

export interface Told {
  readonly id: string | undefined;
  readonly data: string;
}

export class EventReader {
  #rest = "";
  #id: string | undefined;
  #data: string[] = [];

  /** The events that a piece completes. */
  read(piece: string): readonly Told[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#line(line)).filter((it) => it !== undefined);
  }

  #line(line: string): Told | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    if (field === "id") this.#id = value;
    return undefined;
  }

  #dispatch(): Told | undefined {
    const told = { id: this.#id, data: this.#data.join("\n") };
    const any = this.#data.length > 0;
    this.#data = [];
    this.#id = undefined;
    return any ? told : undefined;
  }
}
