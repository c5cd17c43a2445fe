"""The builtins that entrypoints use: what each does to the shell."""
