/** What people did, in a sentence each: the audit log's codes are for programs. */

import type { AuditEntry } from "@meydan/client";
import { defineTexts } from "@/text/locale";

export const acts = defineTexts({
  tr: {
    "auth.login": "{actor} oturum açtı",
    "auth.failed": "{actor} adına girilemedi",
    "auth.refresh_reused": "{actor} hesabının bir oturumu kopyalanmış göründüğü için kapatıldı",
    "auth.logout": "{actor} oturumunu kapattı",
    "auth.logout_all": "{actor} her yerden çıkış yaptı",
    "auth.session_end": "{actor} başka bir oturumunu kapattı",
    "auth.password": "{actor} parolasını değiştirdi",
    "user.register": "{actor} hesap açtı",
    "user.first_owner": "{actor} meydanın sahibi oldu",
    "user.add": "{actor}, {target} hesabını ekledi",
    "user.role": "{actor}, {target} kişisinin rolünü değiştirdi: {before} → {after}",
    "user.activate": "{actor}, {target} hesabının askısını kaldırdı",
    "user.deactivate": "{actor}, {target} hesabını askıya aldı",
    "user.password_reset": "{actor}, {target} parolasını sıfırladı",
    "user.update": "{actor} profilini değiştirdi",
    "key.create": "{actor} bir API anahtarı oluşturdu",
    "key.delete": "{actor} bir API anahtarını iptal etti",
    "room.change": "{actor}, {target} odasını değiştirdi",
    "room.archive": "{actor}, {target} odasını arşivledi",
    "room.restore": "{actor}, {target} odasını arşivden çıkardı",
    "room.role": "{actor}, {target} odasında {user} kişisinin rolünü değiştirdi: {before} → {after}",
    "room.expel": "{actor}, {user} kişisini {target} odasından çıkardı",
    "room.invite": "{actor}, {target} odasına davet oluşturdu",
    "room.uninvite": "{actor}, {target} odasının bir davetini kapattı",
    "message.delete": "{actor}, {room} odasında {sender} kişisinin iletisini sildi",
    "message.restore": "{actor}, {room} odasında {sender} kişisinin silinen iletisini geri getirdi",
    "settings.changed": "{actor}, “{target}” ayarlarını değiştirdi",
    "telegram.bot_add": "{actor}, @{target} botunu ekledi",
    "telegram.bot_token": "{actor}, @{target} botunun anahtarını değiştirdi",
    "telegram.bot_mode": "{actor}, @{target} botunun güncelleme yolunu değiştirdi",
    "telegram.bot_start": "{actor}, @{target} botunu başlattı",
    "telegram.bot_stop": "{actor}, @{target} botunu durdurdu",
    "telegram.bot_remove": "{actor}, @{target} botunu kaldırdı",
    "telegram.hold_lift": "{actor}, @{target} botunun beklemesini kaldırdı",
    "telegram.session_put_away": "{actor}, {target} oturumunu kaldırdı",
    "telegram.session_removed": "{actor}, {target} oturumunu sildi",
    "telegram.send_cancel": "{actor}, {by} kişisinin bir gönderiminden vazgeçti",
    "telegram.send_retry": "{actor}, {by} kişisinin bir gönderimini yeniden denedi",
    "telegram.send_edit": "{actor}, {by} kişisinin bir gönderimini düzenledi",
    "telegram.send_erase": "{actor}, {by} kişisinin bir gönderimini sildi",
    "telegram.send_pin": "{actor}, {by} kişisinin bir gönderimini sabitledi",
    "telegram.send_decide_sent": "{actor}, {by} kişisinin bir gönderimini gitmiş saydı",
    "telegram.send_decide_again": "{actor}, {by} kişisinin bir gönderimini yeniden gönderdi",
    "telegram.send_decide_failed": "{actor}, {by} kişisinin bir gönderimini bıraktı",
  },
  en: {
    "auth.login": "{actor} signed in",
    "auth.failed": "A sign-in as {actor} failed",
    "auth.refresh_reused": "A session of {actor} was closed: it looked copied",
    "auth.logout": "{actor} signed out",
    "auth.logout_all": "{actor} signed out everywhere",
    "auth.session_end": "{actor} closed another session of theirs",
    "auth.password": "{actor} changed their password",
    "user.register": "{actor} created an account",
    "user.first_owner": "{actor} became the owner of the square",
    "user.add": "{actor} added {target}",
    "user.role": "{actor} changed the role of {target}: {before} → {after}",
    "user.activate": "{actor} lifted the suspension of {target}",
    "user.deactivate": "{actor} suspended {target}",
    "user.password_reset": "{actor} reset the password of {target}",
    "user.update": "{actor} changed their profile",
    "key.create": "{actor} made an API key",
    "key.delete": "{actor} revoked an API key",
    "room.change": "{actor} changed the room {target}",
    "room.archive": "{actor} archived the room {target}",
    "room.restore": "{actor} restored the room {target}",
    "room.role": "{actor} changed the role of {user} in {target}: {before} → {after}",
    "room.expel": "{actor} removed {user} from {target}",
    "room.invite": "{actor} made an invitation into {target}",
    "room.uninvite": "{actor} closed an invitation into {target}",
    "message.delete": "{actor} deleted a message of {sender} in {room}",
    "message.restore": "{actor} brought back a deleted message of {sender} in {room}",
    "settings.changed": "{actor} changed settings of “{target}”",
    "telegram.bot_add": "{actor} added the bot @{target}",
    "telegram.bot_token": "{actor} changed the token of @{target}",
    "telegram.bot_mode": "{actor} changed how @{target} gets its updates",
    "telegram.bot_start": "{actor} started @{target}",
    "telegram.bot_stop": "{actor} stopped @{target}",
    "telegram.bot_remove": "{actor} removed @{target}",
    "telegram.hold_lift": "{actor} lifted the hold of @{target}",
    "telegram.session_put_away": "{actor} put the session {target} away",
    "telegram.session_removed": "{actor} deleted the session {target}",
    "telegram.send_cancel": "{actor} cancelled a send of {by}",
    "telegram.send_retry": "{actor} tried a send of {by} again",
    "telegram.send_edit": "{actor} edited a send of {by}",
    "telegram.send_erase": "{actor} deleted a send of {by}",
    "telegram.send_pin": "{actor} pinned a send of {by}",
    "telegram.send_decide_sent": "{actor} took a send of {by} for sent",
    "telegram.send_decide_again": "{actor} sent a send of {by} again",
    "telegram.send_decide_failed": "{actor} gave a send of {by} up",
  },
});

export type Act = keyof (typeof acts)["tr"];
export const ACTS = Object.keys(acts.tr) as Act[];

export function isAct(action: string): action is Act {
  return Object.hasOwn(acts.tr, action);
}

/** The names that the sentence of an entry holds; `word` says a role or a section in the reader's language. */
export function valuesOf(entry: AuditEntry, actor: string, word: (name: string) => string): Record<string, string> {
  const said = Object.entries(entry.data).map(([name, value]) => [name, word(String(value ?? "—"))]);
  return { ...Object.fromEntries(said), actor, target: word(entry.target ?? "—") };
}
