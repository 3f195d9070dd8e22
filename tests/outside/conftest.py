import importlib
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def deeds(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return importlib.import_module("deeds")
