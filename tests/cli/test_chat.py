"""`meydan chat` where there is no square."""

import http.server
import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Protocol
from urllib.error import URLError

import pytest

from meydan.cli import main
from meydan.cli.unreached import why


class Chat(Protocol):
    """Runs the command and returns what it says before it gives up."""

    def __call__(self, url: str, *, language: str = "tr", said: str = "") -> str: ...


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Chat:
    def run(url: str, *, language: str = "tr", said: str = "") -> str:
        heard, spoken = os.pipe()
        with open(heard) as stdin, monkeypatch.context() as patched:  # it has no path
            os.write(spoken, said.encode())
            os.close(spoken)
            patched.setattr(sys, "stdin", stdin)
            patched.setattr(sys, "argv", ["meydan", "chat", "--url", url, "--lang", language])
            with pytest.raises(SystemExit) as ended:
                main()
        told = capsys.readouterr()
        assert (ended.value.code, told.err) == (1, "")
        return " ".join(told.out.split())

    return run


@pytest.fixture
def nobody() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers everything as a server of something else would."""

    answer = b""

    def do_POST(self) -> None:
        self.send_response(200 if self.answer else 404)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=[b"", b"<html>", b"[]", b"{}"])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Handler", (Stranger,), {"answer": request.param})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("url", ["foo", "ftp://a.example", "http://", "http://a:b", "http://a:99999", "http://a b"])
def test_what_is_no_address_is_told_in_a_sentence(chat: Chat, url: str) -> None:
    assert chat(url) == f"“{url}” bir adres değil; http:// ya da https:// ile başlayan tam adresi yazın."


@pytest.mark.parametrize("said", ["", "merhaba\n"])
def test_where_nobody_listens_that_is_told_to_whoever_speaks_or_not(chat: Chat, nobody: str, said: str) -> None:
    assert chat(nobody, said=said) == f"{nobody} yanıt vermiyor (bağlantı reddedildi). Meydan açık mı?"
    assert "(the connection was refused)" in chat(nobody, said=said, language="en")


def test_another_program_that_answers_is_no_square(chat: Chat, stranger: str) -> None:
    told = chat(stranger)
    assert told.startswith(f"{stranger} yanıt vermiyor (")
    assert "(HTTP 404)" in told or "(orada başka bir program yanıtlıyor)" in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "süre doldu"),
        (URLError(socket.gaierror(-2, "Name or service not known")), "bu adda bir sunucu bulunamadı"),
        (URLError(ssl.SSLCertVerificationError()), "güvenli bağlantı kurulamadı"),
        (ConnectionResetError(), "bağlantı koptu"),
        (OSError(), "ulaşılamadı"),
    ],
)
def test_a_reason_is_said_in_words(error: Exception, words: str) -> None:
    assert why(error) == words
