"""TaskForge: distributed job processing with a live dashboard."""

__version__ = "0.1.0"
