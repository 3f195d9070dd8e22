"""Grafana's boards: their JSON is that of their code, and of a kind."""

import pytest

from ops.grafana.__main__ import BOARDS, FOLDER
from ops.grafana.board import COLUMNS

LINES = [line for board in BOARDS.values() for row in board.rows.values() for line in row]
PANELS = [panel for line in LINES for panel in line.panels]


@pytest.mark.parametrize("name", BOARDS)
def test_the_json_is_what_the_code_makes(name):
    assert (FOLDER / name).read_text() == BOARDS[name].to_json(), "run `just boards`"


def test_no_json_is_left_of_a_board_that_has_gone():
    assert {file.name for file in FOLDER.iterdir()} == set(BOARDS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_says_what_it_shows(panel):
    assert panel.says.endswith(".")
    assert len(panel.says) >= len(panel.title)


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.uid)
def test_no_two_panels_of_a_row_are_named_alike(board):
    for row in board.rows.values():
        titles = [panel.title for line in row for panel in line.panels]
        assert len(titles) == len(set(titles))


def test_the_panels_of_a_line_fill_it():
    assert [sum(panel.width for panel in line.panels) for line in LINES] == [COLUMNS] * len(LINES)
