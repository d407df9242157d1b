"""`python -m app`: the commands of the service."""

from kit.cli import main

main()
