"""What a program's sources say of the signals that stop containers: a module for each language, and the walk."""
