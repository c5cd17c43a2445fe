"""Runs programs in Python on paper: how far they get, where they wait, and what a signal then makes of them."""
