# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the site that `make docs` builds. Nothing is fetched."""

project = "zstack.zbs"
copyright = "the zstack.zbs maintainers"
extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
# The file is written beside this one: see __main__.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", "ansible.inv")}
html_theme = "sphinx_ansible_theme"
html_title = "zstack.zbs"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
# A link to a heading of another guide is one that GitHub knows, too.
myst_heading_anchors = 3
