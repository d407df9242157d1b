"""`python -m app`: the commands of the service."""

from kit.__main__ import main

main()
