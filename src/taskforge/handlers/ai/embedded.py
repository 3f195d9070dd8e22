"""The backend `embedded`: a model in a companion process of this worker."""

from pathlib import Path
from typing import Any

import msgspec

from taskforge.core.companion import CompanionLimits
from taskforge.handlers.ai.answer import Answer, Question, Watcher
from taskforge.handlers.ai.weights import Weights, require
from taskforge.handlers.base import Context

GENERATE = "taskforge.handlers.ai.engine:generate"
MEMORY_MB = 1_024
"""The model, its context and the engine's work space take 250 MiB of address space."""
STOP_SECONDS = 3.0
"""On a busy machine a part of a prompt may take so long, and a new start would take longer."""


class EmbeddedModel:
    """One embedded model, for one job."""

    def __init__(self, ctx: Context, weights: Weights) -> None:
        """Find the model.

        Raises:
            NotConfigured: the engine or the weights are missing.
        """
        self._ctx = ctx
        self._weights = weights
        self._path = require(weights, Path(ctx.setting("DATA_DIR")))

    async def __call__(self, question: Question, watcher: Watcher) -> Answer:
        """Answer; the model serves one question at a time, so this may wait for others."""
        await watcher.stage("waiting for the model")

        async def on_part(part: dict[str, Any]) -> None:
            if "text" in part:
                await watcher.text(part["text"], part["tokens"])
            else:
                await watcher.stage(part["stage"], message=part.get("message"))

        order = {
            "path": str(self._path),
            "sha256": self._weights.sha256,
            "command": f"taskforge models install {self._weights.alias}",
            "question": question,
        }
        answer = await self._ctx.companion(
            GENERATE,
            order,
            key=self._weights.model,
            on_part=on_part,
            limits=CompanionLimits(
                memory_mb=MEMORY_MB, seconds=question.seconds, stop_seconds=STOP_SECONDS
            ),
        )
        return msgspec.convert(answer, Answer)
