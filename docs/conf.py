"""How Sphinx makes a site of these pages: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from recast import __version__

project = "RECAST"
author = "The RECAST team"
copyright = author
release = version = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "recast_docs"]
exclude_patterns = ["_build", "_ext"]
nb_execution_mode = "off"  # tests/e2e/test_notebook.py executes it
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
default_role = "code"
smartquotes = False  # "..." is what one types
nitpicky = True
keep_warnings = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False
nitpick_ignore_regex = [
    # No inventory of another project is fetched, so what is not ours has no place to lead to.
    ("py:.*", r"(collections|typing|pathlib|pandas|pd|dataclasses)\b.*"),
    ("py:.*", r"(Any|Callable|Exception|OSError|Iterator|Mapping|Path|Sequence|Say|TimeoutError|IndexError|KeyError)"),
]

templates_path: list[str] = []
pygments_style = "friendly"
pygments_dark_style = "github-dark"
highlight_language = "text"
copybutton_exclude = ".linenos, .gp, .go"
html_theme = "furo"
html_title = "RECAST"
html_static_path = ["_static"]
html_css_files = ["recast.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
