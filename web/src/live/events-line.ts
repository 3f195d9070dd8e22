/** The live frames as server-sent events, for where a proxy cuts sockets. */

import type { LiveFrame } from "~/api/schema.ts";
import { accessToken, renew } from "~/api/session.ts";
import { type End, endOf } from "~/live/course.ts";
import { EventReader } from "~/live/event-source.ts";
import { addressOf, type Dial, OPENING_MS } from "~/live/line.ts";

/** The stream of `GET /events`; it tells every event, and no log lines. */
export const eventsDial: Dial = (since, wish, listener) => {
  const abort = new AbortController();
  const hung = setTimeout(() => end({ kind: "refused" }), OPENING_MS);
  let done = false;

  function end(how: End): void {
    if (done) return;
    close();
    listener.onEnd(how);
  }
  function close(): void {
    done = true;
    clearTimeout(hung);
    abort.abort();
  }
  async function follow(): Promise<End> {
    const answer = await ask();
    if (!answer.ok || !answer.body) return refused(answer);
    clearTimeout(hung);
    const openedAt = Date.now();
    const reader = new EventReader();
    let last: End | undefined;
    const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let it = await pieces.read(); !it.done && !done; it = await pieces.read()) {
      listener.onBeat();
      for (const { data } of reader.read(it.value)) last = hear(data, openedAt) ?? last;
    }
    return last ?? { kind: "lost", lastedMs: Date.now() - openedAt };
  }
  async function ask(): Promise<Response> {
    const send = async () =>
      fetch(addressOf("/api/v1/events", since, wish), {
        headers: { Authorization: `Bearer ${await accessToken()}` },
        signal: abort.signal,
      });
    const answer = await send();
    return answer.status === 401 && (await renew()) ? send() : answer;
  }
  function hear(data: string, openedAt: number): End | undefined {
    const frame = JSON.parse(data) as LiveFrame & { code?: number; reason?: string };
    if (frame.event !== "closing") {
      listener.onFrame(frame);
      return undefined;
    }
    const lasted = Date.now() - openedAt;
    return endOf(frame.code ?? 1011, frame.reason ?? "", lasted, Math.random());
  }
  follow().then(end, () => end({ kind: "refused" }));
  return { way: "events", want: () => undefined, ping: () => false, close };
};

function refused(answer: Response): End {
  const seconds = Number(answer.headers.get("Retry-After"));
  return answer.status === 429 && seconds > 0
    ? { kind: "told", afterMs: seconds * 1_000 }
    : { kind: "refused" };
}
