"""Delivers the stop signal to the processes that stand, and says what comes of it."""
