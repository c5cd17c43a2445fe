"""If this container is stopped, what happens? Reads image definitions and says so."""

__version__ = "0.1.0"
