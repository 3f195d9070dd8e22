"""What the `email` job type is made of: payload, templates, messages, sending."""
