"""Running an action plugin's real run() without a play around it."""

from types import SimpleNamespace


class Templar:
    """Ansible's, for the one template that there is: `template of VALUE`."""

    def template(self, value):
        """The value of a template, and everything else as it is; of a dict each value so."""
        if isinstance(value, dict):
            return {key: self.template(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.template(one) for one in value]
        return value[len("template of ") :] if str(value).startswith("template of ") else value


def run_action(
    plugin,
    arguments,
    task_vars,
    check_mode=False,
    timeout=0,
    environment=(),
    delegate_to=None,
    pipelining=True,
    become=None,
):
    """The result of `plugin` (a module with ActionModule) for a task with `arguments`."""
    task = SimpleNamespace(
        args=dict(arguments),
        async_val=0,
        check_mode=check_mode,
        action="zstack.zbs.x",
        timeout=timeout,
        environment=environment,
        delegate_to=delegate_to,
    )
    shell = SimpleNamespace(
        tmpdir="/not/used", env_prefix=lambda **given: " ".join("%s=%s" % one for one in given.items())
    )
    connection = SimpleNamespace(_shell=shell, has_pipelining=pipelining, become=become)
    action = plugin.ActionModule(task, connection, None, None, Templar(), None)
    # The loader's, for the sentence of ansible-core before 2.19.
    action._load_name = task.action
    return action.run(None, task_vars)


class HostVars(dict):
    """Ansible's hostvars, as far as the plugins use them: by name templated, by raw_get as they are, with objects for warnings."""

    def raw_get(self, host):
        """The variables of a host, untemplated."""
        return {name: _raw(value) for name, value in self[host].items()}


def _raw(value):
    """A result as ansible-core 2.19 keeps it."""
    if not isinstance(value, dict):
        return value
    return {
        key: [object()] if key in ("warnings", "deprecations", "exception") else item for key, item in value.items()
    }


def play(hosts, **more):
    """The variables of a play over `hosts` ({name: its variables})."""
    names = sorted(hosts)
    return dict({"ansible_play_hosts_all": names, "ansible_play_hosts": names, "hostvars": HostVars(hosts)}, **more)
