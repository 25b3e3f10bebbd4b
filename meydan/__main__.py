"""`python -m meydan`: the `meydan` command."""

from meydan.cli import main

main()
