"""Our parsers against others that share no code with them."""
