"""The kinds of panels: each says what it shows, and `build` says it in Grafana's words."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import heatmap, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from ops.grafana.colours import BAD, BUSY, GOOD, WARNING

SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
DASHED = {"fill": "dash", "dash": [8, 8]}


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """What every panel has."""

    title: str
    says: str
    """What it shows and what to make of it; stands behind the little i."""
    width: int
    """Of 24."""
    unit: str = "short"
    """Grafana's name for it: `s`, `bytes`, `percentunit`, `suffix: jobs/s`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """From words to an address, which may use the labels of what was clicked on."""

    def build(self, height: int) -> Any:
        """The SDK's builder of this panel, so many rows high (of about 30 pixels)."""
        panel = self._make()
        panel.title(self.title).description(self.says).datasource(SOURCE)
        panel.span(self.width).height(height).unit(self.unit)
        if self.links:
            panel.data_links([DashboardLink(it).url(url) for it, url in self.links.items()])
        return panel

    @abstractmethod
    def _make(self) -> Any:
        """What this kind has beside."""


@dataclass(frozen=True, kw_only=True)
class Tile(Panel):
    """One number, large, with its recent past behind it."""

    of: str
    limits: tuple[float, float] | None = None
    """From where on it is a warning, and bad."""
    width: int = 4

    def _make(self) -> Any:
        panel = stat.Panel()
        panel.with_target(_query("A", "", self.of))
        panel.graph_mode(common.BigValueGraphMode.AREA).no_value("none")
        panel.reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        if self.limits is None:  # neither good nor bad, however much it is
            return panel.color_scheme(_by(FieldColorModeId.FIXED).fixed_color(BUSY))
        return panel.thresholds(_steps(self.limits)).color_scheme(_by(FieldColorModeId.THRESHOLDS))


@dataclass(frozen=True, kw_only=True)
class Graph(Panel):
    """Lines over time, or areas on top of each other."""

    of: Mapping[str, str]
    """From legend to expression."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """By legend; without any a name has the same colour on every panel."""
    stacked: bool = False
    dashed: str = ""
    """A regular expression for the legends of what is only there to compare with."""
    limit: float | None = None
    """A line across, above which it is bad."""
    width: int = 8

    def _make(self) -> Any:
        panel = timeseries.Panel().min(0)
        for letter, (legend, expr) in zip("ABCDEFGH", self.of.items(), strict=False):
            panel.with_target(_query(letter, legend, expr))
        panel.legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        panel.tooltip(
            common_builders.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
        panel.show_points(common.VisibilityMode.NEVER)
        panel.line_width(1).fill_opacity(60 if self.stacked else 8)
        if self.stacked:
            panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
        panel.color_scheme(_by(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        for name, colour in self.colours.items():
            panel.override_by_name(name, [_fixed(colour)])
        if self.dashed:
            style = [("custom.lineStyle", DASHED), ("custom.fillOpacity", 0)]
            panel.override_by_regexp(self.dashed, [DynamicConfigValue(*it) for it in style])
        if self.limit is not None:
            panel.thresholds(ThresholdsConfig().steps(_pair("transparent", BAD, self.limit)))
            panel.thresholds_style(
                common_builders.GraphThresholdsStyleConfig().mode(
                    common.GraphThresholdsStyleMode.DASHED
                )
            )
        return panel


@dataclass(frozen=True, kw_only=True)
class Heat(Panel):
    """How a histogram moved over time."""

    of: str
    """A sum by `le`."""
    width: int = 24

    def _make(self) -> Any:
        panel = heatmap.Panel()
        query = _query("A", "{{le}}", self.of).format(PromQueryFormat.HEATMAP)
        panel.with_target(query).calculate(False).cell_gap(1)
        panel.y_axis(heatmap.YAxisConfig().unit(self.unit))
        panel.color(
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scale(HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .scheme("Blues")
            .steps(32)
        )
        return panel


@dataclass(frozen=True, kw_only=True)
class Lanes(Panel):
    """A lane for each label set: green where its value is 1, red where it is 0."""

    of: Mapping[str, str]
    words: tuple[str, str]
    """For 1 and for 0."""
    width: int = 12

    def _make(self) -> Any:
        panel = statetimeline.Panel()
        for letter, (legend, expr) in zip("ABCDEFGH", self.of.items(), strict=False):
            panel.with_target(_query(letter, legend, expr))
        good, bad = self.words
        results = {"1": ValueMappingResult(good, GOOD), "0": ValueMappingResult(bad, BAD)}
        panel.mappings([ValueMap(results)]).thresholds(_steps(None))
        panel.show_value(common.VisibilityMode.NEVER).row_height(0.8).fill_opacity(80)
        return panel.legend(common_builders.VizLegendOptions().show_legend(False))


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a sheet."""

    title: str
    of: str
    """An expression by the sheet's key; read once, at the end of the chosen time."""
    unit: str = "short"
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet(Panel):
    """A row for each value of a label."""

    key: str
    """The label."""
    key_title: str
    columns: Sequence[Column]
    sort: str
    """The column that decides the order, the largest first."""
    width: int = 24

    def _make(self) -> Any:
        panel = table.Panel()
        names, order = {self.key: self.key_title}, {self.key: 0}
        for place, column in enumerate(self.columns, 1):
            letter = chr(ord("A") + place - 1)
            query = _query(letter, "", column.of).instant().format(PromQueryFormat.TABLE)
            panel.with_target(query)
            names[f"Value #{letter}"], order[f"Value #{letter}"] = column.title, place
            panel.override_by_name(column.title, _cell(column))
        options = {"renameByName": names, "indexByName": order, "excludeByName": {"Time": True}}
        panel.with_transformation(DataTransformerConfig("merge", options={}))
        panel.with_transformation(DataTransformerConfig("organize", options=options))
        first = common_builders.TableSortByFieldState().display_name(self.sort).desc(True)
        panel.sort_by([first])
        return panel.no_value("none").thresholds(_steps(None))


def _query(letter: str, legend: str, expr: str) -> Dataquery:
    query = Dataquery().ref_id(letter).datasource(SOURCE).expr(expr)
    return query.legend_format(legend) if legend else query


def _by(mode: FieldColorModeId) -> FieldColor:
    return FieldColor().mode(mode)


def _fixed(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _pair(below: str, above: str, at: float) -> list[Threshold]:
    return [Threshold(None, below), Threshold(at, above)]


def _steps(limits: tuple[float, float] | None) -> ThresholdsConfig:
    steps = [Threshold(None, GOOD)]
    if limits:
        steps += [Threshold(limits[0], WARNING), Threshold(limits[1], BAD)]
    return ThresholdsConfig().steps(steps)


def _cell(column: Column) -> list[DynamicConfigValue]:
    properties = [DynamicConfigValue("unit", column.unit)]
    if column.limits:
        steps: list[Any] = [{"color": "transparent", "value": None}]
        steps += [{"color": WARNING, "value": column.limits[0]}]
        steps += [{"color": BAD, "value": column.limits[1]}]
        cell = {"type": "color-background", "mode": "basic"}
        properties.append(DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}))
        properties.append(DynamicConfigValue("custom.cellOptions", cell))
    return properties
