import { focusManager, useQueryClient } from "@tanstack/react-query";
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
import type { LiveFrame } from "~/api/schema.ts";
import { correctClock } from "~/lib/use-now.ts";
import { unpack } from "~/live/apply.ts";
import { eventsDial } from "~/live/events-line.ts";
import { Feed, type Listener } from "~/live/feed.ts";
import { showPulse } from "~/live/pulse.ts";
import { type Connection, LiveSocket } from "~/live/socket.ts";
import { socketDial } from "~/live/socket-line.ts";

interface Live {
  readonly feed: Feed;
  readonly socket: LiveSocket;
  readonly connection: Connection;
  readonly paused: boolean;
  readonly setPaused: (paused: boolean) => void;
}

/** Somebody who only glances elsewhere is still looking. */
const AWAY_MS = 5_000;

const DIALS = {
  socket: socketDial(async () => (await body(http.POST("/api/v1/ws-ticket"))).ticket),
  events: eventsDial,
};

const LiveContext = createContext<Live | undefined>(undefined);

/** One connection for the whole tab, open while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  const [paused, setPaused] = useState(false);
  const [feed] = useState(() => new Feed());
  const [socket] = useState(() => {
    const live: LiveSocket = new LiveSocket(
      {
        onFrame: (frame) => hear(feed, live, frame),
        onGap: () => feed.heal(),
        // What is still being read will be new enough; what was read before may not be.
        onFirst: () =>
          client.invalidateQueries(
            { predicate: (query) => query.state.dataUpdatedAt > 0 },
            { cancelRefetch: false },
          ),
        onPoll: () => feed.isPaused || client.invalidateQueries(),
        onState: setConnection,
      },
      DIALS,
    );
    return live;
  });

  useEffect(() => {
    const leave = [
      feed.onGap(() => client.invalidateQueries()),
      feed.onPulse((pulse) => showPulse(client, pulse)),
    ];
    socket.open();
    return () => {
      socket.close();
      for (const it of leave) it();
    };
  }, [socket, feed, client]);
  useAttention(socket);

  const live = useMemo(
    () => ({
      feed,
      socket,
      connection,
      paused,
      setPaused: (next: boolean) => {
        setPaused(next);
        // One switch for all: queries read nothing by themselves while nobody is said to look.
        focusManager.setFocused(next ? false : undefined);
        feed.pause(next);
      },
    }),
    [feed, socket, connection, paused],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

function hear(feed: Feed, socket: LiveSocket, frame: LiveFrame): void {
  if (frame.event === "pulse") {
    feed.beat(frame);
    return;
  }
  const frames = unpack(frame);
  const last = frames.at(-1);
  if (last) socket.clock.told(last.at, Date.now());
  correctClock(socket.clock.correctionMs);
  feed.hear(frames);
}

/** Slower while nobody looks, and at once when somebody does or the network is back. */
function useAttention(socket: LiveSocket): void {
  useEffect(() => {
    let away: ReturnType<typeof setTimeout> | undefined;
    function attend(): void {
      clearTimeout(away);
      if (document.hidden) {
        away = setTimeout(() => socket.slow(true), AWAY_MS);
        return;
      }
      socket.slow(false);
      socket.hasten();
    }
    const hasten = () => socket.hasten();
    window.addEventListener("online", hasten);
    document.addEventListener("visibilitychange", attend);
    return () => {
      clearTimeout(away);
      window.removeEventListener("online", hasten);
      document.removeEventListener("visibilitychange", attend);
    };
  }, [socket]);
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
