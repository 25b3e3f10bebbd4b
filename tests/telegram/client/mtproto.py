"""A Telegram server in miniature: MTProto 2.0 over TCP with a key of its own, answering as a test tells it.

It speaks through Telethon's own types, so that what a client of Telethon really sends is read, and nothing is faked on
the client's side.
"""

import asyncio
import itertools
import os
import struct
import time
from collections.abc import Callable
from hashlib import sha1, sha256
from typing import Any
from zlib import crc32

from cryptography.hazmat.primitives.asymmetric import rsa as keys
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from telethon import functions, types
from telethon.crypto import AES, AuthKey, rsa
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.network.mtprotostate import MTProtoState
from telethon.tl.core import GzipPacked, MessageContainer

from meydan.telegram.client.config import Server

_PQ = 1229739323 * 1402015859
_NUMBERS = itertools.count(1)  # of messages: one row for all servers, as a client passes from one to another


class Refusal(Exception):
    """An error that Telegram answers with."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Hangup(Exception):
    """No answer: the connection ends."""


class MtprotoServer:
    """Listens on loopback; `answers` maps the type of a request to what is answered."""

    def __init__(self, *, private: keys.RSAPrivateKey | None = None) -> None:
        self.private = private or keys.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.private.public_key()
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        numbers = public.public_numbers()
        self.modulus = numbers.n
        self.fingerprint = _fingerprint(numbers)
        self.answers: dict[type[Any], Callable[[Any], Any]] = {}
        self.seen: list[Any] = []
        self.links: list[Link] = []
        self.keys: dict[int, AuthKey] = {}
        self.deaf = False
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._server is not None
        return "127.0.0.1", self._server.sockets[0].getsockname()[1]

    @property
    def where(self) -> Server:
        """How a client finds it."""
        return Server(*self.address, self.pem)

    async def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        for link in self.links:
            link.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def saw(self, kind: type[Any]) -> list[Any]:
        """Return the requests of a kind, in their order."""
        return [request for request in self.seen if isinstance(request, kind)]

    def push(self, updates: Any) -> None:
        """Send updates to whoever is connected last."""
        self.links[-1].send(bytes(updates), reply=False)

    def number(self, *, reply: bool) -> int:
        """Return the next number of a message; those of answers are 1 modulo 4, others 3."""
        return (int(time.time()) << 32) + next(_NUMBERS) * 4 + (1 if reply else 3)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(self, writer)
        self.links.append(link)
        try:
            while True:
                length, _ = struct.unpack("<ii", await reader.readexactly(8))
                packet = await reader.readexactly(length - 8)
                link.take(packet[:-4])
        except (asyncio.IncompleteReadError, ConnectionError, Hangup):
            link.close()


class Link:
    """One connection: first the making of a key, then encrypted requests."""

    def __init__(self, server: MtprotoServer, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._writer = writer
        self._packets = itertools.count()
        self._nonce = self._server_nonce = self._new_nonce = self._secret = 0
        self._key: AuthKey | None = None
        self._session = 0

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def take(self, packet: bytes) -> None:
        """Read one packet and answer it."""
        if self._server.deaf:
            return
        key_id = struct.unpack("<Q", packet[:8])[0]
        if not key_id:
            request = _read(packet[20:])
            self._server.seen.append(request)
            answer = bytes(self._handshake(request))
            self._put(struct.pack("<qqi", 0, self._server.number(reply=True), len(answer)) + answer)
            return
        self._key = self._server.keys[key_id]
        aes = MTProtoState._calc_key(self._key.key, packet[8:24], client=True)
        plain = AES.decrypt_ige(packet[24:], *aes)
        assert sha256(self._key.key[88:120] + plain).digest()[8:24] == packet[8:24]
        _, self._session, number, _, length = struct.unpack("<qqqii", plain[:32])
        self._requests(number, _read(plain[32 : 32 + length]))

    def send(self, body: bytes, *, reply: bool) -> None:
        """Encrypt a message and send it."""
        assert self._key is not None
        number = self._server.number(reply=reply)
        data = struct.pack("<qqqii", 0, self._session, number, 1, len(body)) + body
        data += os.urandom(-(len(data) + 12) % 16 + 12)
        mark = sha256(self._key.key[96:128] + data).digest()[8:24]
        aes = MTProtoState._calc_key(self._key.key, mark, client=False)
        self._put(struct.pack("<Q", self._key.key_id) + mark + AES.encrypt_ige(data, *aes))

    def _requests(self, number: int, request: Any) -> None:
        if isinstance(request, MessageContainer):
            for message in request.messages:
                self._requests(message.msg_id, message.obj)
        elif isinstance(request, GzipPacked):
            self._requests(number, _read(request.data))
        elif isinstance(request, functions.PingRequest):
            self._server.seen.append(request)
            self.send(bytes(types.Pong(number, request.ping_id)), reply=True)
        elif not isinstance(request, types.MsgsAck):
            self._server.seen.append(request)
            head = struct.pack("<Iq", 0xF35C6D01, number)
            self.send(head + _written(self._answer(request)), reply=True)

    def _answer(self, request: Any) -> Any:
        while not (known := self._server.answers.get(type(request))) and hasattr(request, "query"):
            request = request.query
        try:
            if known is None:
                raise Refusal(400, "METHOD_INVALID")
            return known(request)
        except Refusal as refusal:
            return types.RpcError(refusal.code, refusal.message)

    def _handshake(self, request: Any) -> Any:
        modulus = self._server.modulus
        if isinstance(request, functions.ReqPqMultiRequest):
            self._nonce, self._server_nonce = request.nonce, int.from_bytes(os.urandom(16), "little", signed=True)
            fingerprints = [self._server.fingerprint]
            return types.ResPQ(self._nonce, self._server_nonce, rsa.get_byte_array(_PQ), fingerprints)
        if isinstance(request, functions.ReqDHParamsRequest):
            assert request.public_key_fingerprint == self._server.fingerprint
            exponent = self._server.private.private_numbers().d
            opened = pow(int.from_bytes(request.encrypted_data, "big"), exponent, modulus).to_bytes(255, "big")
            inner = _read(opened[20:])
            assert sha1(bytes(inner)).digest() == opened[:20]
            self._new_nonce = inner.new_nonce
            self._secret = int.from_bytes(os.urandom(256), "big")
            half = rsa.get_byte_array(pow(3, self._secret, modulus))
            offer = bytes(
                types.ServerDHInnerData(
                    self._nonce, self._server_nonce, 3, rsa.get_byte_array(modulus), half, int(time.time())
                )
            )
            sealed = AES.encrypt_ige(_padded(sha1(offer).digest() + offer), *self._passing_key())
            return types.ServerDHParamsOk(self._nonce, self._server_nonce, sealed)
        assert isinstance(request, functions.SetClientDHParamsRequest)
        inner = _read(AES.decrypt_ige(request.encrypted_data, *self._passing_key())[20:])
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, modulus)
        key = AuthKey(rsa.get_byte_array(shared))
        self._server.keys[key.key_id] = key
        return types.DhGenOk(self._nonce, self._server_nonce, key.calc_new_nonce_hash(self._new_nonce, 1))

    def _passing_key(self) -> tuple[bytes, bytes]:
        key, vector = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        return key, vector

    def _put(self, data: bytes) -> None:
        packet = struct.pack("<ii", len(data) + 12, next(self._packets)) + data
        self._writer.write(packet + struct.pack("<I", crc32(packet)))


def _read(data: bytes) -> Any:
    with BinaryReader(data) as reader:
        return reader.tgread_object()


def _written(answer: Any) -> bytes:
    if isinstance(answer, list):
        return struct.pack("<Ii", 0x1CB5C415, len(answer)) + b"".join(map(bytes, answer))
    return bytes(answer)


def _padded(data: bytes) -> bytes:
    return data + os.urandom(-len(data) % 16)


def _fingerprint(numbers: keys.RSAPublicNumbers) -> int:
    number: int = rsa._compute_fingerprint(numbers)
    return number
