"""Programs that are no shell: what each starts, waits for and passes on."""
