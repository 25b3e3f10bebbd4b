"""What one caller may take up of a node: settings that an operator changes while it runs."""

from functools import cache

from pydantic import BaseModel, ConfigDict, Field


class NetworkSettings(BaseModel):
    """Section `network` of the live settings.

    The defaults leave a school or a mobile network behind one address its room: two hundred people who talk. What
    guests may do from one address is less, since a name costs them nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    connections_per_address: int = Field(1_500, ge=50, le=1_000_000, title="Adres başına HTTP bağlantısı")
    sockets_per_address: int = Field(1_000, ge=10, le=1_000_000, title="Adres başına WebSocket bağlantısı")
    sockets_per_person: int = Field(50, ge=3, le=10_000, title="Kişi başına WebSocket bağlantısı")
    unread_bytes_per_address: int = Field(
        16_777_216, ge=4_194_304, le=1_073_741_824, title="Adres başına okunmayı bekleyen yanıt (bayt)"
    )
    writes_per_second: float = Field(5.0, ge=0.1, le=1_000_000, title="Kişi başına saniyede değişiklik")
    write_burst: int = Field(40, ge=5, le=1_000_000, title="Bir anda en çok değişiklik")
    operations_per_second: float = Field(
        200.0, ge=0.1, le=1_000_000, title="Kişi başına saniyede Telegram işlemi, anahtarlarıyla birlikte"
    )
    operation_burst: int = Field(2_000, ge=10, le=1_000_000, title="Bir anda en çok Telegram işlemi")
    writes_per_second_per_address: float = Field(200.0, ge=1, le=1_000_000, title="Adres başına saniyede değişiklik")
    write_burst_per_address: int = Field(1_000, ge=10, le=1_000_000, title="Adres başına bir anda en çok değişiklik")
    guest_writes_per_second_per_address: float = Field(
        20.0, ge=0.1, le=1_000_000, title="Adres başına misafirlerin saniyede değişikliği"
    )
    guest_write_burst_per_address: int = Field(
        60, ge=5, le=1_000_000, title="Adres başına misafirlerin bir anda en çok değişikliği"
    )


@cache
def usual_limits() -> NetworkSettings:
    """Return the settings of a square where nobody has changed any."""
    return NetworkSettings()
