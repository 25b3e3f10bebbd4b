"""Print the HTTP interface as OpenAPI JSON: `python -m meydan.app.openapi`; the web client is generated from it."""

import json
import sys

from meydan.app.http import build_http


def description() -> str:
    """Return the description as text that is the same for the same code."""
    return json.dumps(build_http({}).openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(description())
