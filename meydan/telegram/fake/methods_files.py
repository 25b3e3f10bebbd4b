"""Methods that send files and give them back."""

import mimetypes
import secrets
from pathlib import PurePosixPath
from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.entities import read
from meydan.telegram.fake.methods import Call, Counts, method, room_of, writable
from meydan.telegram.fake.methods_text import CAPTION_LIMIT, caption_of, send
from meydan.telegram.fake.params import Params, Upload
from meydan.telegram.fake.shapes import Entity, File, Media, Message

_PHOTO_LIMIT: Final = 10 * 1024 * 1024
_KINDS: Final = ("photo", "voice", "document")
_PHOTOS: Final = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp"}


@method("sendPhoto", Counts.CHAT)
def send_photo(call: Call) -> Message:
    """Send a photo."""
    return _send(call, "photo")


@method("sendVoice", Counts.CHAT)
def send_voice(call: Call) -> Message:
    """Send a voice message."""
    return _send(call, "voice")


@method("sendDocument", Counts.CHAT)
def send_document(call: Call) -> Message:
    """Send a file."""
    return _send(call, "document")


def _send(call: Call, kind: str) -> Message:
    room = writable(call, room_of(call))
    caption = caption_of(call)
    source = call.params.uploads.get(kind) or call.params.text(kind)
    if not source:
        raise ApiError.bad(f"there is no {kind} in the request")
    content = _content(call, kind, source, seconds=call.params.integer("duration"))
    return send(call, room, **content, caption=caption.text or None, caption_entities=caption.entities or None)


@method("sendMediaGroup", Counts.CHAT)
def send_media_group(call: Call) -> list[Message]:
    """Send an album of two to ten."""
    room = writable(call, room_of(call))
    items = call.params.parsed("media", list[dict[str, Any]], wrong="can't parse media JSON object") or []
    if not 2 <= len(items) <= 10:
        raise ApiError.bad("wrong number of media: there must be 2-10 items in an album")
    if len({item.get("type") for item in items} & set(_KINDS)) != 1 or items[0].get("type") == "voice":
        raise ApiError.bad("documents can't be mixed with other media types")
    contents = [_item(call, item) for item in items]
    album = str(10**16 + secrets.randbelow(10**16))
    return [send(call, room, **content, media_group_id=album) for content in contents]


def _item(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    kind, source = str(item["type"]), item.get("media")
    if not isinstance(source, str) or not source:
        raise ApiError.bad("media not found")
    given = Params(item).parsed("caption_entities", list[Entity], wrong="can't parse entities JSON object")
    caption = read(str(item.get("caption") or ""), item.get("parse_mode"), given)
    if caption.length > CAPTION_LIMIT:
        raise ApiError.bad("message caption is too long")
    return _content(call, kind, source) | {
        "caption": caption.text or None,
        "caption_entities": caption.entities or None,
    }


def _content(call: Call, kind: str, source: Upload | str, *, seconds: int | None = None) -> dict[str, Any]:
    name: str | None = None
    mime: str | None = None
    if isinstance(source, str) and source.startswith("attach://"):
        upload = call.params.uploads.get(source.removeprefix("attach://"))
        if upload is None:
            raise ApiError.bad("there is no file with the name in the request")
        source = upload
    if isinstance(source, str):
        if source.startswith(("http://", "https://")):
            raise ApiError.bad("failed to get HTTP URL content")
        file = call.office.files.get(source)
    else:
        file, name, mime = _kept(call, kind, source), source.name, source.mime
    return {kind: _media(kind, file, name, mime, seconds)}


def _kept(call: Call, kind: str, upload: Upload) -> File:
    if not upload.content:
        raise ApiError.bad("file must be non-empty")
    suffix = PurePosixPath(upload.name).suffix[:8] or mimetypes.guess_extension(upload.mime) or ""
    if kind == "photo":
        if len(upload.content) > _PHOTO_LIMIT:
            raise ApiError.too_large()
        suffix = next((found for sign, found in _PHOTOS.items() if upload.content.startswith(sign)), "")
        if not suffix:
            raise ApiError.bad("IMAGE_PROCESS_FAILED")
    return call.office.files.keep(upload.content, kind, suffix if suffix[1:].isalnum() else "")


def _media(kind: str, file: File, name: str | None, mime: str | None, seconds: int | None) -> Any:
    media = Media(file_id=file.file_id, file_unique_id=file.file_unique_id, file_size=file.file_size)
    match kind:
        case "photo":
            media.width, media.height = 320, 240
            return [media]
        case "voice":
            media.duration, media.mime_type = seconds or 1, "audio/ogg"
        case _:
            media.file_name, media.mime_type = name, mime
    return media


@method("getFile")
def get_file(call: Call) -> File:
    """Tell where a file can be downloaded."""
    return call.office.files.downloadable(call.params.text("file_id") or "")
