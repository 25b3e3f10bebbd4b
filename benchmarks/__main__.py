"""`python -m benchmarks [name] [options]`: list the benchmarks or run one."""

import argparse
import importlib
import sys

from benchmarks.native import NoCompiler
from benchmarks.processes import BenchmarkError

NAMES = ("fanout", "commit", "idle", "start", "slow", "attacks", "telegram-limits", "telegram-send")


def main() -> int:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Benchmarks; each ends by itself.")
    choices = parser.add_subparsers(dest="name", metavar="name")
    modules = {name: importlib.import_module("benchmarks." + name.replace("-", "_")) for name in NAMES}
    for name, module in modules.items():
        module.add_options(choices.add_parser(name, help=module.SUMMARY, description=module.__doc__))
    options = parser.parse_args()
    if options.name is None:
        for name, module in modules.items():
            print(f"{name:15} {module.SUMMARY}")
        return 0
    try:
        modules[options.name].run(options)
    except (BenchmarkError, NoCompiler) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
