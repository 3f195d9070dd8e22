"""The stack of `compose.yaml` from outside: restarted without a pause, and proven to work."""
