"""`python -m stopcheck`."""

from stopcheck.cli import main

main()
