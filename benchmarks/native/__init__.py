"""The benchmarks' C programs, compiled when they are first needed into a cache folder of the user's."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

_HERE = Path(__file__).parent
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")


class NoCompiler(Exception):
    """There is no C compiler on this machine, and the benchmark cannot do without."""

    def __init__(self) -> None:
        super().__init__("This benchmark's load generator is a C program: install a C compiler (cc) and try again.")


def program(name: str) -> Path:
    """Return the compiled `name`.c; raise `NoCompiler` when it cannot be made."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler
    source = _HERE / f"{name}.c"
    digest = hashlib.sha256(source.read_bytes() + " ".join(_FLAGS).encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meydan-benchmarks"
    target = cache / f"{name}-{digest}"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, *_FLAGS, "-o", unfinished, source], check=True)
        unfinished.replace(target)
    return target
