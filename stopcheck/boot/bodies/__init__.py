"""What runs in a process and is no shell: programs, and those that start or keep others."""
