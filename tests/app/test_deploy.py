import configparser
import os
import re
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from dotenv import dotenv_values

from meydan.chat import endpoints as chat_endpoints
from meydan.cli import app
from meydan.platform.addresses import Proxies
from meydan.platform.network import NetworkSettings
from meydan.platform.settings import Settings, load_settings, misspelt
from meydan.telegram.endpoints import LARGER_BODIES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


OURS = ("migrate", "api", "worker", "telegram")
ELSEWHERE = {"DATABASE_URL", "REDIS_URL"}  # in what `secrets` writes
ONLY_UP = {"MEYDAN_FAKE_TELEGRAM"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return compose


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    services: dict[str, Any] = compose["services"]
    return services


def test_compose_has_the_four_parts_and_their_ports(services: dict[str, Any]) -> None:
    assert {"api", "worker", "postgres", "redis"} <= services.keys()
    assert services["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["redis"]["ports"] == ["127.0.0.1:6379:6379"]
    assert [name for name, service in services.items() if "profiles" in service] == ["telegram"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_known_commands_and_are_handed_every_variable(services: dict[str, Any], name: str) -> None:
    program, command, *_ = services[name]["command"]
    assert program == "meydan"
    assert command in COMMANDS
    assert services[name]["environment"].keys() == VARIABLES - ELSEWHERE - ONLY_UP


def test_every_container_is_bounded(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["image"] == "meydan:latest" or re.search(r":\d+\.\d+[\w.-]*$", service["image"]), name
    for image in re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-", image)


def test_the_example_as_it_is_starts_everything(
    services: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Compose puts in from `.env` is all there, empty or not, and with it our settings can be read."""
    given = dotenv_values(ROOT / ".env.example")
    for name in OURS:
        filled = {
            variable: re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda use: given.get(use[1]) or use[2] or "", str(value))
            for variable, value in services[name]["environment"].items()
        }
        for variable, value in (filled | _made(tmp_path)).items():
            monkeypatch.setenv(variable, value)
        settings = load_settings(_env_file=None)
        assert (settings.host, settings.port, str(settings.data_dir)) == ("0.0.0.0", 8000, "/data")
    assert ":?" not in (ROOT / "compose.yaml").read_text()
    assert misspelt({}, env_file=ROOT / ".env.example") == []


def test_the_stores_passwords_are_made_once_and_stand_in_no_command(services: dict[str, Any], tmp_path: Path) -> None:
    made = _made(tmp_path)
    assert _made(tmp_path) == made
    assert _made(tmp_path, REDIS_PASSWORD="another") == made
    password, redis = ((tmp_path / name).read_text() for name in ("postgres", "redis"))
    assert len(password) == len(redis) == 48
    assert password != redis
    assert made["DATABASE_URL"] == f"postgresql://meydan:{password}@postgres:5432/meydan"
    assert f"requirepass {redis}\n" in (tmp_path / "redis.conf").read_text()
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/secrets/postgres"
    for service in services.values():
        assert "PASSWORD" not in str(service.get("command", ""))


def test_a_password_of_ones_own_is_taken_and_a_strange_one_refused(tmp_path: Path) -> None:
    assert ":mine@" in _made(tmp_path, POSTGRES_PASSWORD="mine")["DATABASE_URL"]
    strange = tmp_path / "strange"
    strange.mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        _made(strange, REDIS_PASSWORD="p@ss/word")


def _made(folder: Path, **env: str) -> dict[str, str]:
    """Return what the containers read after `secrets` has run."""
    command = ["sh", str(DEPLOY / "secrets.sh"), str(folder)]
    subprocess.run(command, env={"PATH": os.environ["PATH"], **env}, check=True, stderr=subprocess.DEVNULL)
    return {name: value or "" for name, value in dotenv_values(folder / "meydan.env").items()}


def test_stores_tell_when_they_are_ready(services: dict[str, Any]) -> None:
    assert services["postgres"]["healthcheck"]["test"]
    assert services["redis"]["healthcheck"]["test"]
    assert services["api"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_image_is_not_root_and_knows_its_health() -> None:
    stages = (DEPLOY / "Dockerfile").read_text().split("FROM ")[1:]
    last = stages[-1]
    assert len(stages) == 3
    assert re.search(r"^USER meydan$", last, re.MULTILINE)
    assert "/saglik" in last
    command = re.search(r'^CMD \["meydan", "(\w+)"\]', last, re.MULTILINE)
    assert command is not None
    assert command[1] in COMMANDS
    assert set(re.findall(r"\b(MEYDAN_\w+)=", last)) <= VARIABLES


@pytest.mark.parametrize("name", ["meydan.service", "meydan-worker.service", "meydan-telegram-client.service"])
def test_units_run_known_commands_with_known_variables(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / name)
    service = unit["Service"]
    assert service["ExecStart"].split()[1] in COMMANDS
    assert service["Environment"].split("=")[0] in VARIABLES
    assert service["User"] == "meydan"
    assert service["StateDirectoryMode"] == "0700"


def test_every_unit_is_as_tight_as_the_servers() -> None:
    def bounds(name: str) -> list[str]:
        lines = (DEPLOY / name).read_text().partition("TimeoutStopSec=")[2].splitlines()[1:]
        return [line for line in lines if "=" in line]

    server = bounds("meydan.service")
    assert "CapabilityBoundingSet=" in server
    assert "UMask=0077" in server
    assert bounds("meydan-worker.service") == bounds("meydan-telegram-client.service") == server


def test_every_requirement_has_its_hashes() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        blocks = re.findall(r"^[a-z0-9][^ \n]*==.*(?:\n    .*)*", path.read_text(), re.MULTILINE)
        assert blocks
        assert all("--hash=sha256:" in block for block in blocks), path
    assert "--require-hashes" in (DEPLOY / "Dockerfile").read_text()


def test_the_container_believes_the_proxy_of_its_machine_and_nobody_else(
    compose: dict[str, Any], services: dict[str, Any]
) -> None:
    given = (
        services["api"]["environment"]["MEYDAN_TRUSTED_PROXIES"].removeprefix("${MEYDAN_TRUSTED_PROXIES:-").strip("}")
    )
    settings = load_settings(_env_file=None, MEYDAN_TRUSTED_PROXIES=given)
    (own,) = compose["networks"]["default"]["ipam"]["config"]
    network, gateway = ip_network(own["subnet"]), own["gateway"]
    assert ip_address(gateway) in network
    for trusted in map(ip_network, settings.trusted_proxies):
        assert trusted.is_loopback or trusted.subnet_of(network), trusted  # type: ignore[arg-type]
    proxies = Proxies(settings.trusted_proxies)
    assert proxies.client(gateway, ["203.0.113.7"]) == "203.0.113.7"
    for neighbour in ("192.168.1.20", "172.18.0.9", "10.0.0.5", "203.0.113.7"):
        assert proxies.client(gateway, [f"1.2.3.4, {neighbour}"]) == neighbour, "who appends to it is not believed"


def test_the_proxy_takes_bodies_as_long_as_we_do() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    longest = {path: body.limit for path, body in (chat_endpoints.LARGER_BODIES | LARGER_BODIES).items()}
    media = longest.pop("/api/v1/telegram/media")
    assert int(re.findall(r"client_max_body_size (\d+)k;", nginx)[0]) * 1024 == max(longest.values())
    block = nginx[nginx.index("location = /api/v1/telegram/media") :].split("}")[0]
    assert f"client_max_body_size {media // 2**20}m;" in block


def test_proxies_bound_what_one_address_holds_and_how_long_a_request_takes() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    connections = int(re.findall(r"limit_conn meydan_connections (\d+);", nginx)[0])
    assert connections == NetworkSettings().connections_per_address
    for line in ("limit_req zone=meydan_requests", "client_header_timeout 20s;", "client_body_timeout 20s;"):
        assert line in nginx
    assert "read_header 20s" in caddy
    assert caddy.count("max_size") == 2


def test_proxies_let_websockets_through() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    socket = nginx[nginx.index("location /api/v1/ws/") :]
    for line in ("Upgrade $http_upgrade", "Connection $connection_upgrade", "X-Forwarded-Proto $scheme", "Host $host"):
        assert f"proxy_set_header {line};" in socket
    assert "proxy_http_version 1.1;" in socket
    assert "access_log off;" in socket
    assert "reverse_proxy 127.0.0.1:8000" in (DEPLOY / "Caddyfile").read_text()
