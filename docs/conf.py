"""The documentation site: what sphinx reads. `make docs` builds it.

Nothing is fetched, neither by the build nor by a page: fonts and scripts are those of
the theme, formulas are MathML.
"""

import sys
from pathlib import Path

from ckts import __version__

sys.path.insert(0, str(Path(__file__).parent / "tools"))  # site_extension

project = "ckts"
author = "ckts developers"
copyright = "2026, ckts developers"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",  # loads autodoc and autosummary
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "site_extension",
]
exclude_patterns = ["_build", "_templates", "gallery"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

# --- pages ----------------------------------------------------------------------------
myst_enable_extensions = ["dollarmath", "linkify"]
myst_linkify_fuzzy_links = False  # `time.py` is no address
myst_heading_anchors = 4  # the anchors that GitHub gives to headings
pygments_style = "tango"

# --- reference ------------------------------------------------------------------------
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings have the types, with shapes
autosummary_generate = True
toc_object_entries_show_parents = "hide"
default_role = "literal"  # `single` quotes of docstrings
numpydoc_show_class_members = False  # autodoc writes them, see _templates
numpydoc_attributes_as_param_list = True
nitpicky = True
nitpick_ignore_regex = [
    # Other libraries: their references are not fetched. Our private names: no page.
    (r"py:.*", r"(?!ckts\b).*"),
    (r"py:.*", r"ckts\.(convolution|panel|rocket|randomness|transforms)\b.*"),
    (r"py:.*", r"ckts\.estimators\.(preprocessing|rocket|saving|training)\b.*"),
    (r"py:.*", r"ckts\.networks\.(baselines|paper)\b.*"),
]

# --- gallery --------------------------------------------------------------------------
# Scripts of docs/gallery become pages in docs/examples; `-D plot_gallery=0` runs none.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "backreferences_dir": None,
    "download_all_examples": False,
    "min_reported_time": 1e9,  # no figure of time that nobody asked for
    "remove_config_comments": True,
    "show_signature": False,
    "write_computation_times": False,
}

# --- look -----------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = "ckts"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page: [] for page in ("index", "start", "faq", "changes", "contributing")
}
