"""What the standard library of Python does, as far as it matters for how a program waits."""
