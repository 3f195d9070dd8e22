"""A board: rows of panels, the choices above them, and its JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import TimeZoneBrowser
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from ops.grafana.colours import BAD
from ops.grafana.panels import SOURCE, Graph, Heat, Lanes, Sheet, Tile

COLUMNS = 24
TAG = "taskforge"
HOME = "http://localhost:3000"
"""Where compose.yaml has the dashboard; a box on every board says where it is elsewhere."""
FIRING = 'ALERTS{alertstate="firing", alertname=~"TaskForge.*", severity!="none"}'


@dataclass(frozen=True, kw_only=True)
class Line:
    """Panels beside each other; their widths fill the board."""

    height: int
    panels: Sequence[Graph | Heat | Lanes | Sheet | Tile]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A label whose values can be chosen above the board."""

    name: str
    label: str
    metric: str
    """Whose values of the label there are to choose from."""


@dataclass(frozen=True, kw_only=True)
class Board:
    """What Grafana shows under one address."""

    uid: str
    title: str
    says: str
    choices: Sequence[Choice]
    rows: Mapping[str, Sequence[Line]]
    """By the words above them."""

    def to_json(self) -> str:
        """As Grafana reads it; the same for the same board, to the byte."""
        board = Dashboard(self.title).uid(self.uid).description(self.says).tags([TAG])
        board.timezone(TimeZoneBrowser).refresh("30s").time("now-1h", "now").readonly()
        board.tooltip(DashboardCursorSync.CROSSHAIR)
        self._add_choices(board)
        self._add_links(board)
        board.annotation(
            AnnotationQuery().name("Alerts").enable(True).icon_color(BAD).datasource(SOURCE)
            .expr(FIRING).title_format("{{alertname}}").text_format("{{queue}} {{job_type}}")
        )  # fmt: skip
        for words, lines in self.rows.items():
            board.with_row(Row(words))
            for line in lines:
                _check_width(line)
                for panel in line.panels:
                    board.with_panel(panel.build(line.height))
        found: dict[str, Any] = json.loads(JSONEncoder().encode(board.build()))
        for number, panel in enumerate(found["panels"], 1):
            panel["id"] = number
        return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def _add_choices(self, board: Dashboard) -> None:
        board.with_variable(DatasourceVariable("datasource").label("Data").type("prometheus"))
        everything = VariableOption(selected=True, text=["All"], value=["$__all"])
        for choice in self.choices:
            board.with_variable(
                QueryVariable(choice.name)
                .label(choice.label)
                .datasource(SOURCE)
                .query(f"label_values({choice.metric}, {choice.name})")
                .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
                .sort(VariableSort.ALPHABETICAL_ASC)
                .multi(True)
                .include_all(True)
                .all_value(".*")
                .current(everything)
            )
        home = TextBoxVariable("taskforge").label("Dashboard").default_value(HOME)
        board.with_variable(home)

    def _add_links(self, board: Dashboard) -> None:
        others = DashboardLink("Boards").type(DashboardLinkType.DASHBOARDS).tags([TAG])
        board.link(others.keep_time(True).placement(""))
        home = DashboardLink("TaskForge").type(DashboardLinkType.LINK).icon("external link")
        board.link(home.url("${taskforge}").target_blank(True).placement(""))


def _check_width(line: Line) -> None:
    width = sum(panel.width for panel in line.panels)
    if width != COLUMNS:
        raise ValueError(f"{[it.title for it in line.panels]} are {width} wide")
