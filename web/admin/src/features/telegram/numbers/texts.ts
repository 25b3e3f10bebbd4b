import { defineTexts } from "@/text/locale";

export const texts = defineTexts({
  tr: {
    loading: "Ölçümler getiriliyor",
    waiting: "İlk ölçümler toplanıyor",
    sent: "Gönderim / sn",
    limited: "“Yavaşla” yanıtı (429) / sn",
    "limited.chat": "sohbet",
    "limited.bot": "bot",
    queued: "Bekleyen",
    oldest: "En eskinin bekleyişi",
    seconds: "{s} sn",
    window: "Son {n} dakika",
    note: "Bu işlemin çalıştırdığı botların ölçümleridir. 429 sıfırda kalıyorsa bütçe doğru tutuluyor demektir.",
  },
  en: {
    loading: "Fetching the measurements",
    waiting: "Collecting the first samples",
    sent: "Sends / s",
    limited: "“Slow down” answers (429) / s",
    "limited.chat": "chat",
    "limited.bot": "bot",
    queued: "Waiting",
    oldest: "Wait of the oldest",
    seconds: "{s} s",
    window: "Last {n} minutes",
    note: "These are the bots that this process runs. As long as 429 stays at zero, the budget is kept well.",
  },
});
