"""Instructions to the image that they build: its start command, environment, files and base."""
