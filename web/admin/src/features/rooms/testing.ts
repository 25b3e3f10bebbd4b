/** Messages and updates for the tests. */

import type { Message, Update } from "@meydan/client";

export const message = (sira: number, more: Partial<Message> = {}): Message => ({
  id: `m${sira}`,
  oda_id: "genel",
  sira,
  gonderen_id: "ayse",
  gonderen_ad: "Ayşe",
  misafir: false,
  simulated: false,
  icerik: `söz ${sira}`,
  tip: "metin",
  zaman: new Date(Date.UTC(2026, 10, 20, 12, sira)).toISOString(),
  yanit: null,
  yanit_ozet: null,
  duzenlendi: null,
  silindi: false,
  tepkiler: [],
  bahsedilenler: [],
  ...more,
});

export const update = (sira: number, more: Partial<Update>): Update => ({
  tip: "mesaj_guncelleme",
  oda_id: "genel",
  sira,
  mesaj_id: "m1",
  tur: "duzenleme",
  kullanici_id: "ayse",
  zaman: "2026-11-20T13:00:00.000Z",
  ...more,
});

export const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);
