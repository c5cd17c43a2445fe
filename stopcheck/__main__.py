"""`python -m stopcheck`."""

from stopcheck.main import main

main()
