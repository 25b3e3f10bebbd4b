"""Settings of the chat that an operator changes while it runs."""

from pydantic import BaseModel, ConfigDict, Field


class ChatSettings(BaseModel):
    """Budgets and bounds; every value takes effect at once on every node."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages_per_second: float = Field(2.0, ge=0.01, le=1_000_000, title="Kişi başına saniyede ileti")
    message_burst: int = Field(10, ge=1, le=1_000_000, title="Bir anda en çok ileti")
    frames_per_second: float = Field(20.0, ge=0.01, le=1_000_000, title="Bağlantı başına saniyede istek")
    frame_burst: int = Field(60, ge=1, le=1_000_000, title="Bir anda en çok istek")
    max_length: int = Field(4_000, ge=1, le=16_000, title="İleti uzunluğu (karakter)")
    undo_seconds: int = Field(30, ge=0, le=600, title="Silinen iletinin geri getirilebildiği süre (sn)")
    send_buffer_bytes: int = Field(1_048_576, ge=65_536, le=67_108_864, title="Bağlantı başına gönderim tamponu (bayt)")
    window_ms: float = Field(10.0, ge=0.1, le=100, title="Yük altında en uzun toplama penceresi (ms)")
    replay_limit: int = Field(1_000, ge=1, le=10_000, title="Kopuştan sonra en çok yinelenen olay")
    individual_presence_limit: int = Field(50, ge=0, le=10_000, title="Tek tek giriş çıkış bildirilen oda büyüklüğü")
    typing_limit: int = Field(200, ge=0, le=10_000, title="'Yazıyor' bildirilen oda büyüklüğü")
    read_marker_limit: int = Field(50, ge=0, le=10_000, title="Okundu bilgisi paylaşılan oda büyüklüğü")
    ping_seconds: float = Field(25.0, ge=1, le=600, title="Canlılık yoklaması aralığı (sn)")
    invitation_hours: int = Field(168, ge=1, le=8_760, title="Davetin geçerliliği (saat)")
    members_create_rooms: bool = Field(default=True, title="Üyeler oda açabilir")
    rooms_per_member: int = Field(100, ge=1, le=100_000, title="Bir üyenin açabileceği oda")
