"""`meydan openapi`: the HTTP interface's description, from which clients are generated."""

import json

import typer

from meydan.cli.language import Lang


def openapi(*, lang: Lang = None) -> None:
    """Print the OpenAPI document of this version."""
    from meydan.app.http import build_http

    typer.echo(json.dumps(build_http({}).openapi(), ensure_ascii=False, indent=2, sort_keys=True))
