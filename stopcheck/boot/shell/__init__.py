"""The shell: from a script's tree to what its processes do, as each shell does it."""
