import configparser
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from meydan.chat import endpoints as chat_endpoints
from meydan.cli import app
from meydan.platform.settings import Settings, load_settings
from meydan.telegram.endpoints import LARGER_BODIES

DEPLOY = Path(__file__).parents[2] / "deploy"
VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return services


def test_compose_has_the_four_parts_and_their_ports(services: dict[str, Any]) -> None:
    assert {"api", "worker", "postgres", "redis"} <= services.keys()
    assert services["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["redis"]["ports"] == ["127.0.0.1:6379:6379"]


@pytest.mark.parametrize("name", ["migrate", "api", "worker"])
def test_our_containers_run_known_commands_with_known_variables(services: dict[str, Any], name: str) -> None:
    service = services[name]
    program, command = service["command"]
    assert program == "meydan"
    assert command in COMMANDS
    assert service["environment"].keys() <= VARIABLES


def test_no_password_has_a_default(services: dict[str, Any]) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "TOKEN_ENCRYPTION_KEY"):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses
        assert all(":?" in use for use in uses)
        assert f"\n{name}=\n" in (DEPLOY / "env.example").read_text()


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


def test_the_container_believes_the_proxy_of_its_machine(services: dict[str, Any]) -> None:
    given = (
        services["api"]["environment"]["MEYDAN_TRUSTED_PROXIES"].removeprefix("${MEYDAN_TRUSTED_PROXIES:-").strip("}")
    )
    settings = load_settings(_env_file=None, MEYDAN_TRUSTED_PROXIES=given)
    gateway = ip_address("172.18.0.1")
    assert any(gateway in ip_network(network) for network in settings.trusted_proxies)
    assert not any(ip_address("203.0.113.7") in ip_network(network) for network in settings.trusted_proxies)


def test_the_proxy_takes_bodies_as_long_as_we_do() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    longest = {path: body.limit for path, body in (chat_endpoints.LARGER_BODIES | LARGER_BODIES).items()}
    media = longest.pop("/api/v1/telegram/media")
    assert int(re.findall(r"client_max_body_size (\d+)k;", nginx)[0]) * 1024 == max(longest.values())
    block = nginx[nginx.index("location = /api/v1/telegram/media") :].split("}")[0]
    assert f"client_max_body_size {media // 2**20}m;" in block


def test_proxies_let_websockets_through() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    socket = nginx[nginx.index("location /api/v1/ws/") :]
    for line in ("Upgrade $http_upgrade", "Connection $connection_upgrade", "X-Forwarded-Proto $scheme", "Host $host"):
        assert f"proxy_set_header {line};" in socket
    assert "proxy_http_version 1.1;" in socket
    assert "access_log off;" in socket
    assert "reverse_proxy 127.0.0.1:8000" in (DEPLOY / "Caddyfile").read_text()
