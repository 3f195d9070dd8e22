"""The guarded HTTP client: the only way from a job or a webhook to the network (S-30)."""
