"""The collection's roles and playbooks reduced to what they take in: each file says its name, and brings along the files that it names.

Every other task says that the file runs, every condition is gone, and so one run goes through all of a playbook's files.
"""

import yaml

from .roles import load

#: Actions that take a file of the role, or another role; with the options that say which.
TAKES = {
    "include_tasks": None,
    "import_tasks": None,
    "include_vars": None,
    "include_role": ("name", "tasks_from", "vars_from", "defaults_from", "handlers_from"),
    "import_role": ("name", "tasks_from", "vars_from", "defaults_from", "handlers_from"),
    "template": ("src",),
}
BLOCKS = ("block", "rescue", "always")
OURS, DECOY = "taken from the role", "taken from the caller"


def action_of(task):
    """(name without its collection, the task's key of it) of what takes a file in; (None, None) of any other task."""
    for key in task:
        name = key.rpartition(".")[2]
        if key.startswith("ansible.builtin.") and name in TAKES:
            return name, key
    return None, None


def flat(tasks):
    """The tasks of a list, those in blocks too."""
    for task in tasks or []:
        if any(part in task for part in BLOCKS):
            for part in BLOCKS:
                yield from flat(task.get(part))
        else:
            yield task


def reduced(tasks, where):
    """What stays of a file of tasks. `where`: its name for people."""
    said = "%s: %s {{ zbs_decoy | default('') }}" % (OURS, where)
    found = [{"name": "Say so", "ansible.builtin.debug": {"msg": said}}]
    for task in flat(tasks):
        name, key = action_of(task)
        if name is None:
            continue
        value = task[key]
        if TAKES[name] is not None:
            value = {option: value[option] for option in TAKES[name] if option in value}
        if name == "template":
            # Rendered here and not written: the same search, and nothing on the host.
            value, key = (
                {"msg": "{{ lookup('ansible.builtin.template', %s) }}" % _source(value["src"])},
                "ansible.builtin.debug",
            )
        kept = {"name": "Take it in", key: value}
        kept.update({word: task[word] for word in ("loop", "loop_control") if word in task and name == "template"})
        found.append(kept)
    return found


def _source(src):
    """The text of an option with templates in it, as an expression."""
    parts = []
    while "{{" in src:
        before, _braces, rest = src.partition("{{")
        inside, _braces, src = rest.partition("}}")
        parts += [repr(before)] if before else []
        parts.append("(%s)" % inside.strip())
    return " ~ ".join(parts + ([repr(src)] if src else []))


def make(root, to):
    """Write the skeleton of the collection at `root` to `to`, and return the names of its files of tasks."""
    said = set()
    for path in sorted(root.glob("roles/*/*/**/*.yml")) + sorted(root.glob("roles/*/*/*.yml")):
        role, folder = path.relative_to(root).parts[1:3]
        target = to / path.relative_to(root)
        if folder == "tasks":
            where = "%s/%s" % (role, path.name)
            said.add(where)
            _write(target, reduced(load(path), where))
        elif folder in ("vars", "defaults"):
            _write(target, {"zbs_ours": OURS})
    for path in sorted(root.glob("roles/*/templates/*")):
        target = to / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("%s: %s\n" % (OURS, path.name))
    for path in sorted(root.glob("playbooks/**/*.yml")):
        plays = [play for play in load(path) or [] if isinstance(play, dict) and ("hosts" in play or imported(play))]
        if plays:
            _write(to / path.relative_to(root), [_play(play, path.stem) for play in plays])
    (to / "galaxy.yml").write_text((root / "galaxy.yml").read_text(encoding="utf-8"))
    return said


def imported(play):
    return next((key for key in play if key.endswith("import_playbook")), None)


def _play(play, name):
    if imported(play):
        return {imported(play): play[imported(play)]}
    kept = {"hosts": "localhost", "gather_facts": False, "tasks": reduced(play.get("tasks"), "playbook " + name)}
    if "roles" in play:
        kept["roles"] = play["roles"]
    return kept


def decoys(root, caller):
    """Put a file of every name of ours wherever Ansible might look in a caller's folder, and a role of every name of ours."""
    for path in sorted(root.glob("roles/*/*/**/*")) + sorted(root.glob("playbooks/**/*.yml")):
        if path.is_dir() or path.suffix not in (".yml", ".j2"):
            continue
        of_vars = path.parent.name in ("vars", "defaults") or path.parent.parent.name == "defaults"
        for folder in ("", "tasks", "vars", "templates", "files", "handlers", "defaults", "meta", "playbooks"):
            as_vars = folder in ("vars", "defaults", "meta") or (of_vars and folder != "tasks")
            _decoy(caller / folder / path.name, as_vars, of_vars or not folder)
        if "roles" in path.relative_to(root).parts:
            _decoy(caller / path.relative_to(root), of_vars or path.parent.name == "meta", True)


def _decoy(path, as_vars, wins):
    if path.exists() and not wins:
        return
    where = "%s: %s" % (DECOY, path.name)
    if path.suffix == ".j2":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(where)
    elif as_vars:
        _write(path, {"zbs_decoy": where} if path.parent.name != "meta" else {"dependencies": []})
    else:
        _write(path, [{"name": "A decoy", "ansible.builtin.debug": {"msg": where}}])


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False, width=1000))
