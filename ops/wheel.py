"""What the wheel takes along where it is there: the built dashboard."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Dashboard(BuildHookInterface):
    """Found by Hatchling; a wheel without a dashboard serves the API alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `web/dist`; not to an editable install, which has the checkout."""
        dist = Path(self.root, "web", "dist")
        if version != "editable" and (dist / "index.html").is_file():
            build_data["force_include"][str(dist)] = "taskforge/dashboard"
