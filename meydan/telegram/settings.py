"""Settings of the bot fleet that an operator changes while it runs."""

from pydantic import Field

from meydan.telegram.limits import TelegramLimits


class TelegramSettings(TelegramLimits):
    """The budget, and what else the fleet goes by; every value takes effect at once on every process."""

    update_days: int = Field(7, ge=1, le=365, title="Gelen güncellemelerin saklanması (gün)")
    outbox_days: int = Field(30, ge=1, le=3_650, title="Biten gönderimlerin saklanması (gün)")
    queue_limit: int = Field(100_000, ge=100, le=1_000_000, title="Bot başına en çok bekleyen gönderim")
    media_megabytes: int = Field(20, ge=1, le=50, title="Gönderilecek dosya (MB)")
    uploads_megabytes: int = Field(200, ge=50, le=10_000, title="Kişi başına gönderilmeyi bekleyen dosyalar (MB)")
    all_uploads_megabytes: int = Field(1_000, ge=50, le=100_000, title="Herkesin gönderilmeyi bekleyen dosyaları (MB)")
