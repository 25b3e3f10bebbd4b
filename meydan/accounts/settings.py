"""What an operator may change about accounts while the square runs."""

from pydantic import BaseModel, ConfigDict, Field


def _titles(tr: str, en: str) -> dict[str, dict[str, str]]:
    return {"titles": {"tr": tr, "en": en}}


class AccountsSettings(BaseModel):
    """Section `accounts` of the live settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registration_open: bool = Field(True, json_schema_extra=_titles("Kayıt açık", "Registration open"))
    guests: bool | None = Field(
        None,
        json_schema_extra=_titles(
            "Misafir girişi (boş: ortam ayarı geçerli)", "Guest entry (empty: as the environment says)"
        ),
    )
    login_attempts: int = Field(
        5,
        ge=1,
        le=100,
        json_schema_extra=_titles("Beklemesiz giriş denemesi (kişi)", "Sign-in tries without a wait, per person"),
    )
    login_attempts_per_address: int = Field(
        100,
        ge=1,
        le=100_000,
        json_schema_extra=_titles("Beklemesiz giriş denemesi (adres)", "Sign-in tries without a wait, per address"),
    )
    registrations_per_hour: int = Field(
        60,
        ge=1,
        le=100_000,
        json_schema_extra=_titles("Saatlik kayıt (adres)", "Registrations an hour, per address"),
    )
    guests_per_minute: int = Field(
        60,
        ge=1,
        le=100_000,
        json_schema_extra=_titles("Dakikalık misafir girişi (adres)", "Guest entries a minute, per address"),
    )
