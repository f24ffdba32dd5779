"""The event source's parts, as ansible-rulebook finds them: by the folder."""

import sys
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "extensions/eda/plugins"
sys.path.insert(0, str(PLUGINS))
sys.path.insert(0, str(PLUGINS / "event_source"))
