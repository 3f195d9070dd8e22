"""Checks of a `security_scan` job: what a site, a name, a port or a text gives away."""
