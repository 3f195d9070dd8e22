"""lxml, which comes without types: imported here, and `Any` from here on."""

from importlib import import_module
from typing import Any

etree: Any = import_module("lxml.etree")
html: Any = import_module("lxml.html")
