"""Data that the analysis rests on, each row with its source."""
