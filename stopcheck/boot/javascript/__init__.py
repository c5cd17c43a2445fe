"""Runs programs in JavaScript on paper: how far they get, what keeps them alive, and what a signal makes of them."""
