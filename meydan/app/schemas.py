"""Wire shapes of the system's endpoints."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class ComponentHealth(BaseModel):
    """How one part answered."""

    durum: Literal["saglikli", "kesinti"]
    gecikme_ms: float | None


class HealthReport(BaseModel):
    """Live and ready are two things: a node that is not ready must not be restarted for it."""

    durum: Literal["saglikli", "hazir_degil"]
    canli: bool
    hazir: bool
    servis: str
    surum: str
    bilesenler: dict[str, ComponentHealth]


class Abilities(BaseModel):
    """What this service can do, and what it lets a stranger do now."""

    websocket_destegi: bool
    coklu_oda: bool
    mesaj_gecmisi: bool
    gercek_zamanli: bool
    bildirim_sistemi: bool
    misafir_girisi: bool
    kayit_acik: bool
    azami_uzunluk: int
    surum: str


class Overview(BaseModel):
    """The numbers at the head of the system page, of the node that answers."""

    version: str
    node: str
    uptime_seconds: float
    connections: int
    rooms_active: int
    users_online: int
    database: Literal["sqlite", "postgresql"]
    redis: bool
    memory_bytes: int
    cpu_seconds: float
    aktif_kullanici_sayisi: int
    aktif_oda_sayisi: int
    toplam_katilimci: int
    redis_baglantisi: bool
    son_guncelleme: datetime


class Samples(BaseModel):
    """Rows of numbers in the order of `columns`, `interval` seconds apart."""

    interval: float
    columns: tuple[str, ...]
    rows: list[tuple[float, ...]]


class Section(BaseModel):
    """One section of live settings; each property of the schema has its `titles` by language."""

    section: str
    json_schema: dict[str, Any] = Field(alias="schema", serialization_alias="schema")
    values: dict[str, Any]
    defaults: dict[str, Any]


class SectionList(BaseModel):
    """Every section."""

    sections: list[Section]
