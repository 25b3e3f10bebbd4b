import { expect, it, vi } from "vitest";
import { Socket } from "./socket";
import { FakeWire } from "./testing";

it("tells of the welcome when the server says it, and not when the line opens", async () => {
  const wire = new FakeWire("ws://meydan");
  const socket = new Socket({
    url: () => wire.url,
    ticket: () => Promise.resolve({ ticket: "t", user_id: "ayse" }),
    open: () => wire,
  });
  const welcome = vi.fn();
  socket.on("welcome", welcome);
  socket.start();
  await vi.waitUntil(() => wire.onopen);
  wire.open();
  expect(socket.connection.state).toBe("open");
  expect(welcome).not.toHaveBeenCalled();
  wire.say({ tip: "sistem", mesaj: "Hoş geldiniz", zaman: "2026-11-20T12:00:00.000Z" });
  expect(welcome).toHaveBeenCalledOnce();
  socket.stop();
});
