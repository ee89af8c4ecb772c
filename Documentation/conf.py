# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx configuration: plain reStructuredText, as the kernel's, with Debian 12's Sphinx."""
project = "smmuv3 and ipmmu"
copyright = "the authors; GPL-2.0-only"
master_doc = "index"
source_suffix = ".rst"
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "260px"}
html_show_sourcelink = False
highlight_language = "none"
