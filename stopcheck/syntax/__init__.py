"""Text to frozen trees with spans; bad input gives a problem and a tree, never an exception."""
