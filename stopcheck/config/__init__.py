"""What a repository wants otherwise: which file says so, its options, the programs that it tells of."""
