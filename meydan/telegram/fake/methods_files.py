"""Methods that send files and give them back."""

import mimetypes
import secrets
from pathlib import PurePosixPath
from typing import Any, Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.methods import Call, Counts, method, room_of, writable
from meydan.telegram.fake.methods_text import CAPTION_LIMIT, caption_of, formatted_of, send
from meydan.telegram.fake.params import Params, Upload
from meydan.telegram.fake.shapes import File, Media, Message, Sticker

_PHOTO_LIMIT: Final = 10 * 1024 * 1024
_STICKER: Final = 512
_ALBUMS: Final = ({"photo", "video"}, {"audio"}, {"document"})
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


@method("sendVideo", Counts.CHAT)
def send_video(call: Call) -> Message:
    """Send a video."""
    return _send(call, "video")


@method("sendAudio", Counts.CHAT)
def send_audio(call: Call) -> Message:
    """Send a piece of music."""
    return _send(call, "audio")


@method("sendSticker", Counts.CHAT)
def send_sticker(call: Call) -> Message:
    """Send a sticker; it has no caption."""
    room = writable(call, room_of(call))
    file, name, _ = file_of(call, "sticker", _source(call, "sticker"))
    kind = PurePosixPath(name or "").suffix.lower()
    sticker = Sticker(
        file_id=file.file_id,
        file_unique_id=file.file_unique_id,
        file_size=file.file_size,
        type="regular",
        width=_STICKER,
        height=_STICKER,
        is_animated=kind == ".tgs",
        is_video=kind == ".webm",
        emoji=call.params.text("emoji"),
    )
    return send(call, room, sticker=sticker)


def _source(call: Call, kind: str) -> Upload | str:
    source = call.params.uploads.get(kind) or call.params.text(kind)
    if not source:
        raise ApiError.bad(f"there is no {kind} in the request")
    return source


def _send(call: Call, kind: str) -> Message:
    room = writable(call, room_of(call))
    caption = caption_of(call)
    content = media_content(call, kind, _source(call, kind), call.params)
    return send(call, room, **content, caption=caption.text or None, caption_entities=caption.entities or None)


@method("sendMediaGroup", Counts.CHAT)
def send_media_group(call: Call) -> list[Message]:
    """Send an album of two to ten."""
    room = writable(call, room_of(call))
    items = call.params.parsed("media", list[dict[str, Any]], wrong="can't parse media JSON object") or []
    if not 2 <= len(items) <= 10:
        raise ApiError.bad("wrong number of media: there must be 2-10 items in an album")
    if not any({item.get("type") for item in items} <= kinds for kinds in _ALBUMS):
        raise ApiError.bad("documents can't be mixed with other media types")
    contents = [item_content(call, item) for item in items]
    album = str(10**16 + secrets.randbelow(10**16))
    return [send(call, room, **content, media_group_id=album) for content in contents]


def item_content(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    """Return what an `InputMedia` makes of a message, its caption included; raises `ApiError`."""
    kind, source = str(item["type"]), item.get("media")
    if not isinstance(source, str) or not source:
        raise ApiError.bad("media not found")
    given = Params(item)
    caption = formatted_of(given, "caption", entities="caption_entities")
    if caption.length > CAPTION_LIMIT:
        raise ApiError.bad("message caption is too long")
    return media_content(call, kind, source, given) | {
        "caption": caption.text or None,
        "caption_entities": caption.entities or None,
    }


def media_content(call: Call, kind: str, source: Upload | str, given: Params) -> dict[str, Any]:
    """Return the field of a message that holds the file, with what `given` says about it; raises `ApiError`."""
    file, name, mime = file_of(call, kind, source)
    media = Media(file_id=file.file_id, file_unique_id=file.file_unique_id, file_size=file.file_size)
    match kind:
        case "photo":
            media.width, media.height = 320, 240
            return {kind: [media]}
        case "video":
            media.width, media.height = given.integer("width") or 320, given.integer("height") or 240
            media.duration, media.file_name, media.mime_type = given.integer("duration") or 1, name, mime or "video/mp4"
        case "audio":
            media.duration, media.file_name, media.mime_type = (
                given.integer("duration") or 1,
                name,
                mime or "audio/mpeg",
            )
            media.performer, media.title = given.text("performer"), given.text("title")
        case "voice":
            media.duration, media.mime_type = given.integer("duration") or 1, "audio/ogg"
        case _:
            media.file_name, media.mime_type = name, mime
    return {kind: media}


def file_of(call: Call, kind: str, source: Upload | str) -> tuple[File, str | None, str | None]:
    """Return a file that came along or was there before, and its name and type if it came; raises `ApiError`."""
    if isinstance(source, str) and source.startswith("attach://"):
        upload = call.params.uploads.get(source.removeprefix("attach://"))
        if upload is None:
            raise ApiError.bad("there is no file with the name in the request")
        source = upload
    if isinstance(source, str):
        if source.startswith(("http://", "https://")):
            raise ApiError.bad("failed to get HTTP URL content")
        return call.office.files.get(source, kind, owner=call.bot_id), None, None
    return _kept(call, kind, source), source.name, source.mime


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
    suffix = suffix if suffix[1:].isalnum() else ""
    return call.office.files.keep(upload.content, kind, suffix, owner=call.bot_id)


@method("getFile")
def get_file(call: Call) -> File:
    """Tell where a file can be downloaded."""
    return call.office.files.downloadable(call.params.text("file_id") or "", owner=call.bot_id)
