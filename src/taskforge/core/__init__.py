"""Facts and decisions; no I/O, imports nothing above it."""
