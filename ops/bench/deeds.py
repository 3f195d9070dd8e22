"""What the bench lets child processes do; imports nothing, since they would pay for it."""


def double(_report: object, number: int) -> int:
    """The least that a child process can do."""
    return 2 * number
