import type { Room } from "@meydan/client";
import { message } from "@meydan/client/testing";
import { describe, expect, it } from "vitest";
import { afterFetch, afterMessage, afterReading } from "./unread";

const room = (more: Partial<Room>): Room => ({ sira: 10, okunan_sira: 8, okunmamis: 2, bahsetme: 1, ...more }) as Room;

describe("what waits in a room", () => {
  it("grows by what somebody else says, once", () => {
    const heard = afterMessage(room({}), message(11), { counts: true, mentions: true });
    expect(heard).toMatchObject({ sira: 11, okunmamis: 3, bahsetme: 2 });
    expect(afterMessage(heard, message(11), { counts: true, mentions: true })).toBe(heard);
    expect(afterMessage(room({}), message(11), { counts: false, mentions: true })).toMatchObject({ okunmamis: 2 });
  });

  it("is nothing once it was read, and stays so when an older list arrives", () => {
    const known = afterReading(room({}), 10);
    expect(known).toMatchObject({ okunan_sira: 10, okunmamis: 0, bahsetme: 0 });
    expect(afterFetch(known, room({}))).toMatchObject({ okunan_sira: 10, okunmamis: 0, bahsetme: 0 });
    expect(afterReading(known, 9)).toBe(known);
  });

  it("keeps what was heard while the list was on its way", () => {
    const known = afterMessage(room({}), message(11), { counts: true, mentions: false });
    expect(afterFetch(known, room({}))).toMatchObject({ sira: 11, okunmamis: 3, bahsetme: 1 });
  });

  it("is what a newer list says", () => {
    expect(afterFetch(room({}), room({ sira: 15, okunmamis: 7 }))).toMatchObject({ sira: 15, okunmamis: 7 });
    expect(afterFetch(room({ okunan_sira: 12 }), room({ sira: 15, okunmamis: 7 }))).toMatchObject({ okunmamis: 7 });
  });
});
