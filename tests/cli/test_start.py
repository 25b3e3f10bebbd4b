import subprocess
import sys


def test_a_command_loads_only_what_it_needs() -> None:
    """Nobody waits a second for a line of help."""
    heavy = {"aiohttp", "alembic", "fastapi", "sqlalchemy", "telethon"}
    program = f"import sys, meydan.cli; print(sorted({heavy} & sys.modules.keys()))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
