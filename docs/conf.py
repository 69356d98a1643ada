"""How the site is built: `make docs`; nothing comes from the net, and a warning is an error."""

import sys
from pathlib import Path
from typing import Any

import gii_geo

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "gii-geo"
author = "The gii-geo developers"
project_copyright = author
version = release = gii_geo.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "command_line",
    "mathml",
    "notebooks",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "extensions"]
nitpicky = True
root_doc = "index"

html_theme = "pydata_sphinx_theme"
html_title = "gii-geo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "github_url": "https://github.com/gii-geo/gii-geo",
    "navbar_center": [],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
}
html_sidebars = {"**": ["pages.html"]}
html_math_renderer = "mathml"

# Types stand in the docstrings, in words.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
autosummary_imported_members = True
numpydoc_show_class_members = False

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
# The notebooks are run by extensions/notebooks.py, all in one kernel; the gallery runs itself.
nb_execution_mode = "off"
nb_merge_streams = True
nb_number_source_lines = False

CALLED = {"gii_geo.GeoDBSCAN", "gii_geo.Settings"}
"""Classes that people call; all others are handed to them."""


def _hide_signature(_app: Any, what: str, name: str, *_: object) -> tuple[str, None] | None:  # noqa: ANN401
    return ("", None) if what == "class" and name not in CALLED else None


def setup(app: Any) -> None:  # noqa: ANN401
    """Leave out how an object is made that nobody makes by hand."""
    app.connect("autodoc-process-signature", _hide_signature)
