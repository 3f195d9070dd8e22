"""The Dramatiq door."""
