"""One module per thing the system does, from start to end."""
