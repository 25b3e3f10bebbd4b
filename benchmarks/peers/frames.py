"""The frames the Python peers speak: the same JSON as Meydan's, made by the peer itself."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

_numbers = count(1)


def mesaj(sender: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the `mesaj` frame that answers a `mesaj_gonder`, with an id and a `sira` of its own."""
    sira = next(_numbers)
    room = request["oda_id"]
    return {
        "tip": "mesaj",
        "oda_id": room,
        "sira": sira,
        "mesaj": {
            "id": uuid4().hex,
            "oda_id": room,
            "sira": sira,
            "gonderen_id": sender,
            "gonderen_ad": sender,
            "icerik": request["icerik"],
            "tip": "metin",
            "zaman": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "misafir": True,
            "simulated": False,
            "yanit": None,
            "yanit_ozet": None,
            "duzenlendi": None,
            "silindi": False,
            "tepkiler": [],
            "bahsedilenler": [],
            "istemci_id": request.get("istemci_id"),
            "ekler": [],
        },
    }


def mesaj_onay(frame: dict[str, Any]) -> dict[str, Any]:
    """Return the acknowledgement of a frame made by `mesaj`."""
    message = frame["mesaj"]
    return {
        "tip": "mesaj_onay",
        "istemci_id": message["istemci_id"],
        "mesaj_id": message["id"],
        "sira": frame["sira"],
    }
