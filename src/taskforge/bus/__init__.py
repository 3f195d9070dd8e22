"""Redis, the messenger: hints, signals, the event stream and the rate limiter."""
