"""Random start commands, predicted and run for real: whatever the two say differently is a bug of the analysis."""
