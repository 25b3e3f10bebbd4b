import { defineTexts } from "@/text/locale";

export const texts = defineTexts({
  tr: {
    "put-out.cikarildi": "{room} odasından çıkarıldınız",
    "put-out.arsivlendi": "{room} odası arşivlendi",
    notices: "Bildirimler",
    "notices.unread": { one: "{n} okunmamış bildirim", other: "{n} okunmamış bildirim" },
    "notices.loading": "Bildirimler getiriliyor",
    "notices.empty": "Bildirim yok",
    "notices.empty.detail": "Biri sizden söz edince ya da size yanıt verince burada görünür.",
    "notices.read-all": "Tümünü okundu say",
    "kind.bahsetme": "{name}, {room} odasında sizden söz etti",
    "kind.yanit": "{name}, {room} odasında size yanıt verdi",
    "kind.davet": "{name} sizi {room} odasına davet etti",
  },
  en: {
    "put-out.cikarildi": "You were removed from {room}",
    "put-out.arsivlendi": "{room} was archived",
    notices: "Notifications",
    "notices.unread": { one: "{n} unread notification", other: "{n} unread notifications" },
    "notices.loading": "Fetching the notifications",
    "notices.empty": "No notifications",
    "notices.empty.detail": "You will see here when someone mentions or answers you.",
    "notices.read-all": "Mark all as read",
    "kind.bahsetme": "{name} mentioned you in {room}",
    "kind.yanit": "{name} answered you in {room}",
    "kind.davet": "{name} invited you to {room}",
  },
});
