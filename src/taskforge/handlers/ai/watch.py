"""How those who watch a job see its answers come along."""

from taskforge.handlers.base import Context

LAST_WORDS = 120
"""Characters of the newest text that progress shows."""


class JobWatcher:
    """Tells progress, and streams text, for every prompt of a job.

    Args:
        ctx: of the job.
        prompts: how many there are.
        max_tokens: of each answer.
    """

    def __init__(self, ctx: Context, *, prompts: int, max_tokens: int) -> None:
        self.prompts = prompts
        self.number = 0
        """Of the prompt under way, from 0."""
        self._ctx = ctx
        self._max_tokens = max_tokens
        self._told = ""

    def begin(self, number: int) -> None:
        """The next prompt's turn."""
        if self._told:
            self._ctx.stream("\n\n")
        self.number = number
        self._told = ""

    async def stage(self, name: str, *, message: str | None = None) -> None:
        """What is being done before there is text."""
        self._told = ""
        await self._progress(0, name, message)

    async def text(self, piece: str, tokens: int) -> None:
        """More text; tokens so far."""
        self._ctx.stream(piece)
        self._told = (self._told + piece)[-LAST_WORDS:]
        await self._progress(min(tokens, self._max_tokens), "generating", self._told)

    async def end(self) -> None:
        """Every prompt is answered."""
        await self._ctx.progress(percent=100, stage="done")

    async def _progress(self, tokens: int, stage: str, message: str | None) -> None:
        if self.prompts == 1:
            await self._ctx.progress(
                current=tokens, total=self._max_tokens, stage=stage, message=message
            )
            return
        part = (self.number + tokens / self._max_tokens) / self.prompts
        await self._ctx.progress(
            percent=100 * part,
            current=self.number,
            total=self.prompts,
            stage=f"{stage} ({self.number + 1} of {self.prompts})",
            message=message,
        )
