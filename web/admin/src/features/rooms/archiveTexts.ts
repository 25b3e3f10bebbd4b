import { defineTexts } from "@/text/locale";

export const archiveTexts = defineTexts({
  tr: {
    archive: "Arşiv",
    "archive.loading": "Arşiv getiriliyor",
    "archive.empty": "Arşivde oda yok",
    "archive.empty.detail": "Arşivlediğiniz odalar burada durur; okuyabilir ve geri yükleyebilirsiniz.",
    "archive.at": "{when} arşivlendi",
    "archive.read": "Oku",
    "archive.close": "Kapat",
    "archive.messages": "{room} odasının son iletileri",
    "archive.older": "Daha eski iletiler",
    "archive.silent": "Bu odada henüz ileti yok",
    "archive.restore": "Geri yükle",
    "archive.restored": "{room} geri yüklendi",
  },
  en: {
    archive: "Archive",
    "archive.loading": "Fetching the archive",
    "archive.empty": "No archived rooms",
    "archive.empty.detail": "Rooms that you archive stay here, to be read and restored.",
    "archive.at": "archived {when}",
    "archive.read": "Read",
    "archive.close": "Close",
    "archive.messages": "The latest messages of {room}",
    "archive.older": "Older messages",
    "archive.silent": "No messages in this room yet",
    "archive.restore": "Restore",
    "archive.restored": "{room} was restored",
  },
});
