"""Web sites inside this process, for examples that run without a network."""
