"""Traces of OpenTelemetry: what this process did for whom, and how long each part took."""
