"""`python -m nectar`."""

from nectar.cli.main import main

main()
