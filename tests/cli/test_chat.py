"""`meydan chat` where there is no square."""

import http.server
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.error import URLError

import pytest

from meydan.cli.unreached import why


def chat(url: str, *, language: str = "tr", said: str = "") -> str:
    """Return what the command says before it gives up."""
    command = (sys.executable, "-m", "meydan", "chat", "--url", url, "--lang", language)
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    return " ".join(done.stdout.split())


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
def test_what_is_no_address_is_told_in_a_sentence(url: str) -> None:
    assert chat(url) == f"“{url}” bir adres değil; http:// ya da https:// ile başlayan tam adresi yazın."


@pytest.mark.parametrize("said", ["", "merhaba\n"])
def test_where_nobody_listens_that_is_told_to_whoever_speaks_or_not(nobody: str, said: str) -> None:
    assert chat(nobody, said=said) == f"{nobody} yanıt vermiyor (bağlantı reddedildi). Meydan açık mı?"
    assert "(the connection was refused)" in chat(nobody, said=said, language="en")


def test_another_program_that_answers_is_no_square(stranger: str) -> None:
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
