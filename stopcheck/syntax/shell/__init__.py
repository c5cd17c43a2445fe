"""POSIX shell and the bash that entrypoints use, as trees with spans."""
