import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
} from "react";
import { body, http } from "~/api/client.ts";
import type { ToldFrame } from "~/api/schema.ts";
import { unpack } from "~/live/apply.ts";
import { type Connection, LiveSocket } from "~/live/socket.ts";

type Listener = (frames: readonly ToldFrame[]) => void;

/** What the tab hears, held back while it is paused. */
class Feed {
  readonly #listeners = new Set<Listener>();
  readonly #gaps = new Set<() => void>();
  #held: ToldFrame[] = [];
  #paused = false;

  hear(frames: readonly ToldFrame[]): void {
    if (this.#paused) this.#held.push(...frames);
    else for (const listener of this.#listeners) listener(frames);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    const held = this.#held;
    this.#held = [];
    if (!paused && held.length > 0) this.hear(held);
  }

  /** Frames were missed: whoever shows something reads it again. */
  heal(): void {
    this.#held = [];
    for (const listener of this.#gaps) listener();
  }

  onGap(listener: () => void): () => void {
    this.#gaps.add(listener);
    return () => this.#gaps.delete(listener);
  }

  get waiting(): number {
    return this.#held.length;
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

interface Live {
  readonly feed: Feed;
  readonly socket: LiveSocket;
  readonly connection: Connection;
  readonly paused: boolean;
  readonly setPaused: (paused: boolean) => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** One socket for the whole tab, open while somebody is signed in. */
export function LiveProvider({ onGap, children }: { onGap: () => void; children: ReactNode }) {
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const [paused, setPaused] = useState(false);
  const [feed] = useState(() => new Feed());
  const gap = useEffectEvent(onGap);
  const [socket] = useState(
    () =>
      new LiveSocket({
        ticket: async () => (await body(http.POST("/api/v1/ws-ticket"))).ticket,
        onFrames: (frames) => feed.hear(frames.flatMap(unpack)),
        onGap: () => feed.heal(),
        onState: setConnection,
      }),
  );
  useEffect(() => {
    const unheard = feed.onGap(() => gap());
    const hasten = () => socket.hasten();
    socket.open();
    window.addEventListener("online", hasten);
    document.addEventListener("visibilitychange", hasten);
    return () => {
      unheard();
      socket.close();
      window.removeEventListener("online", hasten);
      document.removeEventListener("visibilitychange", hasten);
    };
  }, [socket, feed]);

  const live = useMemo(
    () => ({
      feed,
      socket,
      connection,
      paused,
      setPaused: (next: boolean) => {
        setPaused(next);
        feed.pause(next);
      },
    }),
    [feed, socket, connection, paused],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive belongs inside a LiveProvider");
  return live;
}

/** Calls back with each batch of frames, in order, as long as the component is there. */
export function useFrames(listener: Listener): void {
  const { feed } = useLive();
  const hear = useEffectEvent(listener);
  useEffect(() => feed.listen((frames) => hear(frames)), [feed]);
}
