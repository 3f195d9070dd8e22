"""Grafana's boards as code: what they show stands here, and `just boards` writes their JSON."""
