"""What an operator may change about accounts while the square runs."""

from pydantic import BaseModel, ConfigDict, Field


class AccountsSettings(BaseModel):
    """Section `accounts` of the live settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registration_open: bool = Field(default=True, title="Kayıt açık")
    guests: bool | None = Field(None, title="Misafir girişi")
    session_days: int = Field(90, ge=1, le=3_650, title="Oturumun en uzun ömrü (gün)")
    login_attempts: int = Field(5, ge=1, le=1_000, title="Kişi başına beklemesiz giriş denemesi (15 dk)")
    login_attempts_per_address: int = Field(
        100, ge=1, le=1_000_000, title="Adres başına yavaşlatılmadan hatalı giriş (15 dk)"
    )
    registrations_per_hour: int = Field(60, ge=1, le=1_000_000, title="Adres başına saatlik kayıt")
    guests_per_minute: int = Field(60, ge=1, le=1_000_000, title="Adres başına dakikalık misafir girişi")
