/** The live frames over a WebSocket, opened with a ticket: a page cannot send headers there. */
import { ApiProblem } from "~/api/problem.ts";
import type { LiveFrame } from "~/api/schema.ts";
import { type End, endOf } from "~/live/course.ts";
import { addressOf, type Dial, OPENING_MS, type Wish } from "~/live/line.ts";

/** @param ticket a one-use ticket; rejects with an ApiProblem. */
export function socketDial(ticket: () => Promise<string>): Dial {
  return (since, wish, listener) => {
    let socket: WebSocket | undefined;
    let openedAt: number | undefined;
    let done = false;
    let wanted = wish;
    const hung = setTimeout(() => end({ kind: "refused" }), OPENING_MS);

    function end(how: End): void {
      if (done) return;
      close();
      listener.onEnd(how);
    }
    function close(): void {
      done = true;
      clearTimeout(hung);
      socket?.close();
    }
    function say(text: string): void {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    }
    function open(value: string): void {
      if (done) return;
      socket = new WebSocket(addressOf("/ws", since, wanted, value));
      socket.onopen = () => {
        openedAt = Date.now();
        clearTimeout(hung);
        if (wanted.logs.length > 0) say(subscription(wanted));
      };
      socket.onmessage = (message) => {
        if (done) return;
        const frame = JSON.parse(String(message.data)) as LiveFrame | { event: "ping" };
        // Answered here and not by a timer: those of a hidden tab are held up for a minute.
        if (frame.event === "ping") {
          say("pong");
          listener.onBeat();
        } else listener.onFrame(frame);
      };
      socket.onclose = ({ code, reason }) => {
        if (openedAt === undefined) end({ kind: "refused" });
        else end(endOf(code, reason, Date.now() - openedAt, Math.random()));
      };
    }
    ticket().then(open, (cause: unknown) => end(refusal(cause)));
    return {
      way: "socket",
      want: (next) => {
        wanted = next;
        say(subscription(next));
      },
      ping: () => {
        say("ping");
        return true;
      },
      close,
    };
  };
}

function subscription({ logs, batch }: Wish): string {
  return JSON.stringify({ event: "subscribe", logs, batch });
}

/** What a ticket that was not given says about the API. */
function refusal(cause: unknown): End {
  if (!(cause instanceof ApiProblem)) return { kind: "unreachable" };
  if (cause.status === 429) return { kind: "told", afterMs: (cause.retryAfter ?? 10) * 1_000 };
  if (cause.status === 403) return { kind: "forbidden" };
  const isAnswered = cause.code !== "unreachable" && cause.status > 0;
  return isAnswered ? { kind: "refused" } : { kind: "unreachable" };
}
