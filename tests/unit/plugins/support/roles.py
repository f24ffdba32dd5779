"""What the roles of the collection declare."""

from pathlib import Path

import yaml

ROLES = Path(__file__).parents[4] / "roles"


def defaults(role):
    """The defaults that are a role's own, as they are written."""
    folder = ROLES / role / "defaults"
    own = folder / "main.yml" if (folder / "main.yml").exists() else folder / "main/main.yml"
    return yaml.safe_load(own.read_text(encoding="utf-8"))


def load(path):
    """The YAML of a file, with Ansible's tags as plain texts."""

    class Loader(yaml.SafeLoader):
        """Knows Ansible's tags."""

    Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
