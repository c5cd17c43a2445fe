"""Checks that look at the image itself, whatever comes of a stop, and are always asked."""
