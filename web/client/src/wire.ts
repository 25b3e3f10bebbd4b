/** The frames of the chat protocol, v1, as the server sends them and as this client may send them. */

export interface Reaction {
  readonly emoji: string;
  readonly sayi: number;
  readonly kullanicilar: readonly string[];
}

export interface Quote {
  readonly id: string;
  readonly gonderen_id: string;
  readonly gonderen_ad: string;
  readonly misafir: boolean;
  readonly icerik: string;
}

export interface Message {
  readonly id: string;
  readonly oda_id: string;
  readonly sira: number;
  readonly gonderen_id: string;
  readonly gonderen_ad: string;
  readonly misafir: boolean;
  readonly simulated: boolean;
  readonly icerik: string;
  readonly tip: string;
  readonly zaman: string;
  readonly yanit: string | null;
  readonly yanit_ozet: Quote | null;
  readonly duzenlendi: string | null;
  readonly silindi: boolean;
  /** Who deleted it: another than its sender is a moderator. */
  readonly silen: string | null;
  readonly tepkiler: readonly Reaction[];
  readonly bahsedilenler: readonly string[];
  readonly istemci_id?: string | null;
}

/** A message as a frame carries it: without the fields that have their default value. */
export type WireMessage = Omit<Message, keyof typeof DEFAULTS> & Partial<Pick<Message, keyof typeof DEFAULTS>>;

export interface Notice {
  readonly id: string;
  readonly tur: string;
  readonly oda_id: string;
  readonly oda_baslik: string;
  readonly mesaj_id: string | null;
  readonly gonderen_id: string;
  readonly gonderen_ad: string;
  readonly ozet: string;
  readonly zaman: string;
  readonly okundu: boolean;
  readonly misafir: boolean;
}

export interface Update {
  readonly tip: "mesaj_guncelleme";
  readonly oda_id: string;
  readonly sira: number;
  readonly mesaj_id: string;
  readonly tur: "duzenleme" | "silme" | "geri_getirme" | "tepki";
  readonly kullanici_id: string;
  readonly zaman: string;
  readonly icerik?: string;
  readonly bahsedilenler?: readonly string[];
  readonly emoji?: string;
  readonly kaldirildi?: boolean;
  readonly tepkiler?: readonly Reaction[];
}

/** Why the server has taken somebody out of a room. */
export type Out = "arsivlendi" | "cikarildi" | "ayrildi" | "yenilendi";

/** What an operator may change while one is connected. */
export interface Limits {
  /** The longest message, in characters. */
  readonly azami_uzunluk: number;
  /** For how many seconds one may bring back what one has deleted. */
  readonly geri_getirme_suresi: number;
}

export interface Problem {
  readonly tip: "hata";
  readonly ref?: string;
  readonly kod: string;
  readonly baslik: string;
  readonly ayrinti: string;
  readonly bekle?: number;
}

/** What guests call themselves, by id. */
export type Labels = Readonly<Record<string, string>>;

export interface Joined {
  readonly tip: "oda_katilim";
  readonly ref?: string;
  readonly oda_id: string;
  readonly katilimci_sayisi: number;
  readonly sira: number;
  readonly donem: string;
  readonly kurtarildi: boolean;
  readonly mesajlar: readonly (WireMessage | Update)[];
  readonly katilimcilar: readonly string[];
  /** The labels of the guests among `katilimcilar`, by id. */
  readonly misafirler: Labels;
  readonly okunan_sira: number;
}

export interface Ack {
  readonly tip: "mesaj_onay";
  readonly ref?: string;
  readonly istemci_id: string | null;
  readonly mesaj_id: string;
  readonly sira: number;
  readonly alici_sayisi: number;
}

export type ServerFrame =
  | Joined
  | Ack
  | Update
  | Problem
  | {
      readonly tip: "sistem";
      readonly mesaj: string;
      readonly zaman: string;
      readonly kullanici_id?: string;
      readonly surum?: string;
      readonly sinirlar?: Limits;
    }
  | ({ readonly tip: "sinirlar" } & Limits)
  | { readonly tip: "oda_ayrilma"; readonly oda_id: string; readonly ref?: string; readonly neden?: Out }
  | { readonly tip: "mesaj"; readonly oda_id: string; readonly sira: number; readonly mesaj: WireMessage }
  | { readonly tip: "yaziyor"; readonly oda_id: string; readonly kullanici_id: string }
  | { readonly tip: "okundu"; readonly oda_id: string; readonly kullanici_id: string; readonly sira: number }
  | {
      readonly tip: "durum";
      readonly oda_id: string;
      readonly gelenler: readonly string[];
      readonly gidenler: readonly string[];
      readonly misafirler: Labels;
      readonly katilimci_sayisi: number;
    }
  | {
      readonly tip: "katilim" | "ayrilma";
      readonly oda_id: string;
      readonly kullanici_id: string;
      readonly ad: string;
      readonly misafir: boolean;
      readonly zaman: string;
    }
  | { readonly tip: "bildirim"; readonly bildirim: Notice }
  | { readonly tip: "bildirim_okundu" | "bildirim_geri"; readonly idler: readonly string[] };

export type ClientFrame =
  | { tip: "oda_katil"; oda_id: string; son_sira?: number; donem?: string; ref: string }
  | { tip: "oda_ayril"; oda_id: string }
  | { tip: "mesaj_gonder"; oda_id: string; icerik: string; istemci_id: string; yanit?: string; ref: string }
  | { tip: "mesaj_duzenle"; oda_id: string; mesaj_id: string; icerik: string; ref: string }
  | { tip: "mesaj_sil"; oda_id: string; mesaj_id: string; ref: string }
  | { tip: "mesaj_geri_getir"; oda_id: string; mesaj_id: string; ref: string }
  | { tip: "tepki"; oda_id: string; mesaj_id: string; emoji: string; kaldir: boolean; ref: string }
  | { tip: "yaziyor"; oda_id: string }
  | { tip: "okundu"; oda_id: string; sira: number };

/** Tell an update from a message among what a recovered room replays. */
export function isUpdate(event: WireMessage | Message | Update): event is Update {
  return event.tip === "mesaj_guncelleme";
}

const DEFAULTS = {
  misafir: false,
  simulated: false,
  yanit: null,
  yanit_ozet: null,
  duzenlendi: null,
  silindi: false,
  silen: null,
  tepkiler: [],
  bahsedilenler: [],
} as const;

/** Frames leave out what has its default value; give a message all its fields. */
export function complete(message: WireMessage): Message {
  return { ...DEFAULTS, ...message };
}
