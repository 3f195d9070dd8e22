"""The pages, by address, with the headings that name them."""

PAGES = {
    "/": "Overview",
    "/jobs": "Jobs",
    "/submit": "Submit a job",
    "/queues": "Queues",
    "/workers": "Workers",
    "/schedules": "Schedules",
    "/failures": "Failures",
    "/webhooks": "Webhooks",
    "/mailbox": "Mailbox",
    "/settings": "Settings",
}

TABS = ["result", "payload", "logs", "events", "attempts", "webhooks", "related", "raw"]
"""Of a job."""
