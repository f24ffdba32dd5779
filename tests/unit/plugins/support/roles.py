"""What the roles of the collection declare."""

from pathlib import Path

import yaml

ROLES = Path(__file__).parents[4] / "roles"


def defaults(role):
    """The defaults that are a role's own, as they are written."""
    folder = ROLES / role / "defaults"
    own = folder / "main.yml" if (folder / "main.yml").exists() else folder / "main/main.yml"
    return yaml.safe_load(own.read_text(encoding="utf-8"))
