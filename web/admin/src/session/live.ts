/** The one socket of this page, made for whoever is signed in and gone when they leave. */

import { type Connection, data, Socket } from "@meydan/client";
import { useEffect, useState } from "react";
import { kept } from "./kept";
import { preferences } from "./preferences";
import { api, lookAgain, session } from "./session";
import { createStore, useStore } from "./store";

export const liveSocket = createStore<Socket | null>(null);

/** Keep the socket in step with the session; called once when the page starts. */
export function startLive(): void {
  let owner: string | null = null;
  const follow = () => {
    const current = session.get();
    const next = current.status === "in" ? `${current.guest}:${current.user.id}` : null;
    if (next === owner) return;
    owner = next;
    liveSocket.get()?.stop();
    liveSocket.set(next === null ? null : connect(next));
  };
  session.subscribe(follow);
  follow();
  addEventListener("online", () => liveSocket.get()?.retry());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) liveSocket.get()?.retry();
  });
}

export function useSocket(): Socket | null {
  return useStore(liveSocket);
}

export function useConnection(): Connection {
  const socket = useSocket();
  const [connection, setConnection] = useState<Connection>(socket?.connection ?? { state: "idle" });
  useEffect(() => {
    setConnection(socket?.connection ?? { state: "idle" });
    return socket?.on("connection", setConnection);
  }, [socket]);
  return connection;
}

function connect(owner: string): Socket {
  const key = `meydan.outbox.${owner}`;
  const socket = new Socket({
    ticket: () => data(api.POST("/api/v1/auth/ws-ticket")),
    url: ({ ticket, user_id }) => {
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      return `${scheme}//${location.host}/api/v1/ws/${encodeURIComponent(user_id)}?bilet=${encodeURIComponent(ticket)}&dil=${preferences.get().locale}`;
    },
    storage: {
      read: () => kept.inTab.get(key),
      write: (value) => kept.inTab.set(key, value),
    },
  });
  socket.on("connection", (now) => now.state === "refused" && now.code === 4003 && lookAgain());
  socket.start();
  return socket;
}
