"""Checks that look at the image itself, whatever comes of a stop; the others are asked only for a cause of their rule."""
