"""What may go wrong with a client of Telegram, as a user is told."""

from datetime import datetime
from pathlib import Path

from meydan.platform.errors import InvalidInput, MeydanError, NotFound


class SessionNameBad(InvalidInput):
    """The name cannot be the name of a session's file."""

    code = "telegram_oturum_adi_uygun_degil"

    def __init__(self, name: str) -> None:
        MeydanError.__init__(self, ad=name[:64])


class SessionMissing(NotFound):
    """There is no such session in the folder."""

    code = "telegram_oturumu_yok"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class SessionInUse(MeydanError):
    """Another process, or another client of this one, works with the session; two at once would end it."""

    status, code = 409, "telegram_oturumu_kullanimda"

    def __init__(self, name: str, *, host: str, since: str) -> None:
        super().__init__(ad=name, makine=host, baslangic=since)


class SessionQuarantined(MeydanError):
    """Telegram ended the session, or somebody put it away; only a new sign-in helps."""

    status, code = 409, "telegram_oturumu_karantinada"

    def __init__(self, name: str, *, reason: str, at: datetime) -> None:
        super().__init__(ad=name, neden=reason, zaman=at.isoformat(timespec="seconds"))


class SessionUnreadable(MeydanError):
    """None of the keys opens the session's file, or what is in it is no session; the file was left as it is."""

    status, code = 409, "telegram_oturumu_okunamiyor"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class SessionFolderUnusable(MeydanError):
    """The disk or the rights do not let the folder of sessions be read, locked or written."""

    status, code = 503, "telegram_oturum_klasoru_kullanilamiyor"

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(klasor=str(folder), neden=error.strerror or type(error).__name__)


class SessionStringBad(InvalidInput):
    """The session string is cut, of another library, or closed with a key that is not here."""

    code = "telegram_oturum_metni_gecersiz"

    def __init__(self, name: str) -> None:
        MeydanError.__init__(self, ad=name)


class SessionNotConfirmed(InvalidInput):
    """The name that was to confirm an irreversible act is not the session's."""

    code = "telegram_oturumu_onaylanmadi"

    def __init__(self, name: str) -> None:
        MeydanError.__init__(self, ad=name)


class ApiKeysMissing(InvalidInput):
    """A client needs the pair of numbers and letters by which Telegram knows a program."""

    code = "telegram_api_bilgisi_yok"

    def __init__(self) -> None:
        MeydanError.__init__(self)


class ServerKeyBad(InvalidInput):
    """The public key that was given for an MTProto server is no RSA key in PEM."""

    code = "telegram_sunucu_anahtari_bozuk"

    def __init__(self, address: str) -> None:
        MeydanError.__init__(self, adres=address)


class NotSignedIn(MeydanError):
    """The session has never been signed in, and no bot token was given."""

    status, code = 409, "telegram_girisi_yapilmamis"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class AccountOther(MeydanError):
    """The session is signed in as another account than the configuration's `phone` says."""

    status, code = 409, "telegram_oturumu_baska_hesabin"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class NotConnected(MeydanError):
    """The client has no connection to Telegram now."""

    status, code = 503, "telegram_istemcisi_bagli_degil"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class OtherEventLoopError(RuntimeError):
    """The client was connected under another event loop, as by another call of `asyncio.run`; it lives in that one."""


class ConnectionMoveIllegal(MeydanError):
    """A client's connection cannot go from the state it is in to the one that was asked for."""

    status, code = 409, "telegram_baglantisi_buna_uygun_degil"

    def __init__(self, name: str, *, before: str, after: str) -> None:
        super().__init__(ad=name, durum=before, istenen=after)


class ClientMissing(NotFound):
    """The pool holds no client of this session."""

    code = "telegram_istemcisi_yok"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class ClientExists(MeydanError):
    """The pool holds a client of this session already."""

    status, code = 409, "telegram_istemcisi_var"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class SignInRefused(MeydanError):
    """Telegram does not let the account sign in, for a reason that has no class of its own here."""

    status, code = 422, "telegram_girisi_reddedildi"

    def __init__(self, reason: str) -> None:
        super().__init__(neden=reason)


class PhoneWrong(InvalidInput):
    """Telegram does not know such a phone number."""

    code = "telegram_numarasi_gecersiz"

    def __init__(self) -> None:
        MeydanError.__init__(self)


class PhoneBanned(MeydanError):
    """Telegram has banned the phone number."""

    status, code = 403, "telegram_numarasi_yasakli"


class PhoneUnknown(MeydanError):
    """There is no account with this number, and one can be opened in Telegram's own application only."""

    status, code = 404, "telegram_hesabi_yok"


class CodeWrong(InvalidInput):
    """The sign-in code is not the one that Telegram sent."""

    code = "telegram_kodu_yanlis"

    def __init__(self) -> None:
        MeydanError.__init__(self)


class CodeExpired(MeydanError):
    """The sign-in code is too old, or it was seen in a Telegram chat and thereby spoiled."""

    status, code = 422, "telegram_kodunun_suresi_doldu"


class PasswordWrong(InvalidInput):
    """The password of the account's two-step verification is wrong."""

    code = "telegram_parolasi_yanlis"

    def __init__(self) -> None:
        MeydanError.__init__(self)


class QrNotScanned(MeydanError):
    """Nobody scanned the QR code for as long as it was shown anew."""

    status, code = 408, "telegram_karekodu_okutulmadi"


class ApiKeysWrong(InvalidInput):
    """Telegram does not know the application's TELEGRAM_API_ID and TELEGRAM_API_HASH."""

    code = "telegram_api_kimligi_gecersiz"

    def __init__(self) -> None:
        MeydanError.__init__(self)


class SignInFlood(MeydanError):
    """Telegram takes no further attempt to sign in for a while."""

    status, code = 429, "telegram_girisi_bekletiliyor"

    def __init__(self, *, wait: float) -> None:
        super().__init__(bekle=round(wait))


class ConnectRefused(MeydanError):
    """Telegram does not let this client in, and would not the next time either."""

    status, code = 409, "telegram_baglantiyi_kabul_etmedi"

    def __init__(self, reason: str) -> None:
        super().__init__(neden=reason)


class RequestFailed(MeydanError):
    """Telegram did not do what it was asked, by its own name of the error; `bekle` is in seconds."""

    status, code = 502, "telegram_istegi_yapilmadi"

    def __init__(self, reason: str, *, wait: float | None) -> None:
        super().__init__(neden=reason, bekle=wait)


class SessionEnded(MeydanError):
    """Telegram has ended the session that is to be signed in; its key is of no use any more."""

    status, code = 409, "telegram_oturumu_sonlanmis"

    def __init__(self, reason: str) -> None:
        super().__init__(neden=reason)


class RedisMissing(MeydanError):
    """A script wants to keep something in Redis, and none is configured."""

    status, code = 409, "telegram_redis_yok"


class RedisNotConnected(MeydanError):
    """A script reads or writes in Redis before it connected."""

    status, code = 409, "telegram_redis_bagli_degil"


class RedisAway(MeydanError):
    """Redis does not answer; `neden` is the kind of failure."""

    status, code = 503, "telegram_redis_yanit_vermiyor"

    def __init__(self, reason: str) -> None:
        super().__init__(neden=reason)
