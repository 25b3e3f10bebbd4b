"""The one family of errors a user may see, and their texts.

A class says what happened (`code`, `status`) and carries data; the catalogues in `locales/` say it in words, Turkish
first. HTTP renders an error as RFC 9457 problem+json, the WebSocket as `hata`: both carry `kod`, `baslik`, `ayrinti`.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from meydan.platform.reasons import Reason
from meydan.platform.texts import Language, field_words, text


class MeydanError(Exception):
    """Anything that is told to a user: a status for HTTP, a stable `code`, and data for the message."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "ic_hata"

    def __init__(self, **data: Any) -> None:
        super().__init__(f"{self.code} {data}" if data else self.code)
        self.data = data
        self.others: tuple[MeydanError, ...] = ()
        """What else is wrong with other fields of the same request."""

    def title(self, language: Language = "tr") -> str:
        """Return the short, constant name of this kind of error."""
        return text(language, f"error.{self.code}.title")

    def detail(self, language: Language = "tr") -> str:
        """Return what happened this time and what to do about it."""
        data = self._told(language)
        if "alan" in data:
            data["alan"] = self.field(language)
        return text(language, f"error.{self.code}.detail", **data)

    def field(self, language: Language) -> str:
        """Return what people call the field that the error is about."""
        return field_words(language, self.data["alan"])

    def hata(self, language: Language = "tr") -> dict[str, Any]:
        """Return the fields HTTP and WebSocket share: `kod`, `baslik`, `ayrinti`, and the error's own data.

        A `Reason` becomes its words, with its code beside them.
        """
        told = {
            **self._told(language),
            "kod": self.code,
            "baslik": self.title(language),
            "ayrinti": self.detail(language),
        }
        if self.others:
            told["hatalar"] = [fault.at_field(language) for fault in (self, *self.others)]
        return told

    def problem(self, language: Language = "tr") -> dict[str, Any]:
        """Return the RFC 9457 body: the standard members and those of `hata`."""
        return {
            "type": f"urn:meydan:hata:{self.code}",
            "title": self.title(language),
            "status": self.status,
            "detail": self.detail(language),
            **self.hata(language),
        }

    def at_field(self, language: Language) -> dict[str, Any]:
        """Return what `hatalar` tells of an error that is about a field."""
        reason = self.data.get("neden")
        code = reason.code if isinstance(reason, Reason) else self.code
        return {"alan": self.data["alan"], "neden": self.detail(language), "neden_kodu": code}

    def _told(self, language: Language) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, value in self.data.items():
            if isinstance(value, Reason):
                told[name], told[f"{name}_kodu"] = value.words(language), value.code
            else:
                told[name] = value
        return told


def check_all(*checks: Callable[[], object]) -> None:
    """Run every check of a request's fields; raise the first error, with the other ones as its `others`."""
    faults = []
    for check in checks:
        try:
            check()
        except MeydanError as fault:
            faults.append(fault)
    if faults:
        faults[0].others = tuple(faults[1:])
        raise faults[0]


class InvalidInput(MeydanError):
    """A field is missing, of the wrong type or outside its bounds; `reason` is a code of the catalogues' `[reason]`."""

    status, code = 422, "gecersiz_alan"

    def __init__(self, *, field: str, reason: str | Reason, **facts: Any) -> None:
        super().__init__(alan=field, neden=Reason(reason, facts) if isinstance(reason, str) else reason)


class NotAllowed(MeydanError):
    """The actor is known and may not do this."""

    status, code = 403, "yetki_yok"


class NotFound(MeydanError):
    """There is no such thing, or none that this actor may see."""

    status, code = 404, "bulunamadi"


class RateLimited(MeydanError):
    """A budget is used up; `bekle` says for how many seconds."""

    status, code = 429, "hiz_siniri"

    def __init__(self, *, wait: float) -> None:
        super().__init__(bekle=round(max(wait, 0.001), 3))


class Unavailable(MeydanError):
    """A part that is needed does not answer now; the same request may succeed later."""

    status, code = 503, "gecici_kesinti"


class ShuttingDown(MeydanError):
    """The server is draining and takes nothing new."""

    status, code = 503, "kapaniyor"
