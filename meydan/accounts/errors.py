"""What may go wrong with accounts."""

from datetime import datetime

from meydan.platform.errors import InvalidInput, MeydanError, NotAllowed, NotFound
from meydan.platform.reasons import Reason


class NotSignedIn(MeydanError):
    """Nobody is signed in, or the token is not one of ours, expired or revoked."""

    status, code = 401, "oturum_gerekli"


class BadCredentials(MeydanError):
    """The username or the password is wrong; which one is not told."""

    status, code = 401, "giris_hatali"


class UserInactive(MeydanError):
    """The password is right and the account is suspended."""

    status, code = 403, "hesap_pasif"


class PasswordTemporary(NotAllowed):
    """The password is right and somebody else's choice: it opens nothing until a new one comes with it."""

    code = "parola_gecici"


class TokenExpired(NotSignedIn):
    """The access token was good and its time is over."""

    code = "oturum_suresi_doldu"


class SessionInvalid(NotSignedIn):
    """The refresh token is unknown, expired, revoked or was used before."""

    code = "oturum_gecersiz"


class BadTicket(MeydanError):
    """The ticket is unknown, used or older than 30 seconds."""

    status, code = 401, "bilet_gecersiz"


class ForeignPage(NotAllowed):
    """A page of another site asks for what a browser keeps for ours."""

    code = "yabanci_sayfa"


class TooManyKeys(MeydanError):
    """The user has as many API keys as one may."""

    status, code = 409, "anahtar_siniri"

    def __init__(self, limit: int) -> None:
        super().__init__(sinir=limit)


class BadKey(NotSignedIn):
    """The API key is unknown, deleted or expired."""

    code = "anahtar_gecersiz"


class RegistrationClosed(NotAllowed):
    """New accounts are made by administrators only."""

    code = "kayit_kapali"


class GuestsClosed(NotAllowed):
    """Nobody enters without an account."""

    code = "misafir_kapali"


class UsernameTaken(MeydanError):
    """A user has this name."""

    status, code = 409, "ad_kullanimda"

    def __init__(self, username: str) -> None:
        super().__init__(alan="username", ad=username)


class NameReserved(MeydanError):
    """The name is kept for those who speak for the square, or looks as if it were."""

    status, code = 409, "ad_ayrilmis"

    def __init__(self, name: str, *, field: str = "username") -> None:
        super().__init__(alan=field, ad=name)


class BadUsername(InvalidInput):
    """The name is not one that can stand in an address; `oneri` is the nearest that can."""

    code = "kullanici_adi_gecersiz"

    def __init__(self, suggestion: str) -> None:
        MeydanError.__init__(self, alan="username", neden=Reason("username_format"), oneri=suggestion or "-")


class WeakPassword(InvalidInput):
    """The password is too short, too long, the username, or among the commonest."""

    code = "parola_zayif"

    def __init__(self, reason: str, *, field: str = "password", **facts: int) -> None:
        super().__init__(field=field, reason=reason, **facts)


class WrongPassword(InvalidInput):
    """The current password does not match."""

    code = "parola_yanlis"

    def __init__(self) -> None:
        super().__init__(field="current", reason="mismatch")


class UserMissing(NotFound):
    """There is no such user."""

    code = "kullanici_yok"

    def __init__(self, username: str) -> None:
        super().__init__(kullanici_id=username[:64])


class RankTooLow(NotAllowed):
    """Nobody manages somebody of their own rank or above, nor gives a role above their own."""

    code = "rutbe_yetersiz"


class LastOwner(MeydanError):
    """A square keeps at least one active owner."""

    status, code = 409, "meydan_son_sahip"


class ScopeTooWide(NotAllowed):
    """A key cannot be given what its maker may not do, nor give somebody what it may not do itself."""

    code = "kapsam_genis"

    def __init__(self, scope: str) -> None:
        super().__init__(kapsam=scope)


class KeyOutlives(NotAllowed):
    """A key makes none that lives longer than itself; `bitis` is its own end."""

    code = "anahtar_uzun_omurlu"

    def __init__(self, expires_at: datetime) -> None:
        super().__init__(bitis=expires_at.isoformat())


class OwnerLinkInvalid(NotAllowed):
    """The link is unknown, older than a day, or the square has an owner."""

    code = "kurulum_gecersiz"


class BadVaultToken(MeydanError):
    """A stored secret opens with none of the keys: one is missing from TOKEN_ENCRYPTION_KEY."""

    status, code = 500, "kasa_acilmadi"
