"""What may go wrong with bots and their sends, as a user is told."""

from meydan.platform.errors import InvalidInput, MeydanError, NotFound
from meydan.platform.reasons import Reason
from meydan.platform.texts import Language, text
from meydan.telegram.troubles import reason_of


class BotMissing(NotFound):
    """There is no such bot."""

    code = "bot_yok"

    def __init__(self, bot_id: str) -> None:
        super().__init__(bot_id=bot_id[:32])


class BotExists(MeydanError):
    """The bot has been added already, perhaps under an older token."""

    status, code = 409, "bot_var"

    def __init__(self, username: str) -> None:
        super().__init__(kullanici_adi=username)


class TokenWrong(MeydanError):
    """Telegram does not know this token."""

    status, code = 422, "bot_anahtari_gecersiz"


class TokenOfAnother(MeydanError):
    """The new token belongs to another bot."""

    status, code = 409, "bot_anahtari_baskasinin"

    def __init__(self, username: str) -> None:
        super().__init__(kullanici_adi=username)


class TelegramAway(MeydanError):
    """Telegram did not answer in time."""

    status, code = 503, "telegram_yanit_vermiyor"

    def __init__(self, reason: str) -> None:
        super().__init__(neden=reason_of(reason) or reason)


class NoTrial(MeydanError):
    """No fake Telegram runs beside this square."""

    status, code = 409, "deneme_telegrami_yok"


class WebhookNeedsAddress(MeydanError):
    """Telegram can call a webhook only at a public https address."""

    status, code = 409, "webhook_adres_ister"


class WebhookRefused(MeydanError):
    """The secret of a webhook call is missing or wrong."""

    status, code = 401, "webhook_sirri_yanlis"


class ChatMissing(NotFound):
    """The bot has not seen this chat; Telegram tells a bot of a chat when somebody writes or adds it there."""

    code = "telegram_sohbeti_yok"

    def __init__(self, chat_id: int) -> None:
        super().__init__(sohbet_id=chat_id)


class ChatForbidden(MeydanError):
    """The bot was put out of the chat, was blocked, or may not write there."""

    status, code = 409, "telegram_sohbetine_yazamaz"

    def __init__(self, chat_id: int, reason: str) -> None:
        super().__init__(sohbet_id=chat_id, neden=reason)


class SendMissing(NotFound):
    """There is no such send in the outbox."""

    code = "gonderim_yok"

    def __init__(self, send_id: str) -> None:
        super().__init__(gonderim_id=send_id[:32])


class SendNotInState(MeydanError):
    """What is asked is not possible for a send that stands where this one does."""

    status, code = 409, "gonderim_durumu_uygun_degil"

    def __init__(self, send_id: str, state: str) -> None:
        super().__init__(gonderim_id=send_id, durum=state)

    def detail(self, language: Language = "tr") -> str:
        """Return what stands in the way, with the state in words."""
        words = text(language, f"telegram.send_state.{self.data['durum']}")
        return text(language, f"error.{self.code}.detail", durum=words)


class RequestKeyReused(MeydanError):
    """The request key belongs to an order that said something else."""

    status, code = 409, "istek_anahtari_kullanilmis"

    def __init__(self, send_id: str) -> None:
        super().__init__(gonderim_id=send_id)


class TextTooLong(InvalidInput):
    """A text that may not be split is longer than Telegram takes."""

    code = "telegram_metni_uzun"

    def __init__(self, *, length: int, limit: int) -> None:
        MeydanError.__init__(self, uzunluk=length, sinir=limit)


class MarkupBroken(InvalidInput):
    """The text's HTML or Markdown cannot be read."""

    code = "telegram_bicimi_bozuk"

    def __init__(self, *, position: int, reason: Reason) -> None:
        MeydanError.__init__(self, konum=position, neden=reason)


class MediaTooLarge(MeydanError):
    """The file is larger than the outbox takes."""

    status, code = 413, "dosya_buyuk"

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(boyut=size, sinir=limit)


class UploadsFull(MeydanError):
    """As many bytes of somebody's files as the settings allow wait for a send that uses them."""

    status, code = 429, "dosya_yeri_dolu"

    def __init__(self, *, waiting: int, limit: int) -> None:
        super().__init__(bekleyen=waiting, sinir=limit)


class UploadsOfAllFull(UploadsFull):
    """As many bytes of everybody's files as the settings allow wait for a send that uses them."""

    code = "meydanin_dosya_yeri_dolu"


class DiskShort(MeydanError):
    """A file would take room on the disk that is kept for messages."""

    status, code = 503, "disk_azaldi"

    def __init__(self, *, kept: int) -> None:
        super().__init__(ayrilan=kept)


class QueueFull(MeydanError):
    """As many sends wait for the bot as the settings allow."""

    status, code = 429, "kuyruk_dolu"

    def __init__(self, *, limit: int) -> None:
        super().__init__(sinir=limit)


class MediaMissing(NotFound):
    """There is no such file waiting to be sent."""

    code = "dosya_yok"

    def __init__(self, media_id: str) -> None:
        super().__init__(dosya_id=media_id[:32])
