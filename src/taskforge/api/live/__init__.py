"""Live events: who may follow them, what each client gets, and how it is said (R-70 to R-77)."""
