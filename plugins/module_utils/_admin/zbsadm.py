# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""zbsadm: its two dialects, its answers, its failures.

Older releases take the compute host's SSH login on the command line, newer ones read it from zbsadm's own host list.
A password on a command line can be read in the admin node's process list: the dialect without a login is the default.
"""

import re

from .._tools import command, masking
from .._tools.answers import last_object
from .._tools.errors import ZbsError

ZBSADM = "/usr/local/bin/zbsadm"
# Letters of what a program says of a failure that are looked at and repeated.
MOST_SAID, MOST_CODE = 1000, 40

# What zbsadm says of a failure, and what to do then; the first that fits. Its codes are not documented, its words are all there is.
_REMEDIES = (
    (
        r"permission denied|authentication|login .*refused|refused .*login|(wrong|incorrect|invalid) password",
        "zbsadm_login",
        "give the right ssh_username and ssh_password, or correct the host's login in zbsadm's own host list",
    ),
    (
        r"private_key_file required",
        "zbsadm_login",
        "give zbsadm's own host list an SSH key for the host (private_key_file), or a login for an older zbsadm",
    ),
    (
        r"host not found|not in .*host list|unknown host",
        "zbsadm_failed",
        "add the host to zbsadm's own host list, or set its SSH login for an older zbsadm",
    ),
    (
        r"unreachable|no route|timed out|connection refused|did not finish",
        "zbsadm_failed",
        "check that the admin node can reach the host by SSH",
    ),
    (r"hugepage|hugetlbfs", "zbsadm_failed", "run the role zbs_hugepages on the host"),
    (r"image", "zbsadm_failed", "check that the host has the image that this zbsadm needs"),
    (r"docker", "zbsadm_failed", "check that the host's Docker Engine runs"),
    (r"", "zbsadm_failed", "check the host, then try again"),
)


class Login:
    """The compute host's SSH login for the older dialect: `port` (int), `username`, `password` (secret)."""

    def __init__(self, port, username, password):
        self.port = port
        self.username = username
        self.password = password

    def arguments(self):
        """As zbsadm takes them."""
        return ["--port", str(self.port), "-u", self.username, "-p", self.password]


class Zbsadm:
    """One zbsadm: `path` of the program, `login` (Login, or None for the newer dialect)."""

    def __init__(self, path=ZBSADM, login=None):
        self.path = path
        self.login = login

    def vhost_deploy(self, host_ip, cpus, hugepage_size_mib, hugepage_dir, deadline):
        """Deploy the target on `host_ip`; a container of that host that is there is replaced. Returns the Answer."""
        arguments = ["vhost", "deploy", "--host", host_ip] + self._login()
        arguments += ["--cpuset", "[%s]" % ",".join(str(cpu) for cpu in cpus), "--silent"]
        if hugepage_size_mib:
            arguments += ["--hugepage-size", str(hugepage_size_mib)]
        if hugepage_dir:
            arguments += ["--hugepage-dir", hugepage_dir]
        return self._call(arguments, deadline)

    def vhost_destroy(self, host_ip, deadline):
        """Take the target of `host_ip` away. Returns the Answer."""
        return self._call(["vhost", "destroy", "--host", host_ip] + self._login() + ["--silent"], deadline)

    def create_bdev(self, host_ip, volume, name, deadline):
        """Make the bdev `name` of `volume` (POOL/VOLUME with the marker), its controller and socket. Returns the Answer."""
        arguments = ["vhost", "create-bdev", "--host", host_ip] + self._login()
        return self._call(arguments + ["--volume", volume, "--name", name, "--silent"], deadline)

    def delete_bdev(self, host_ip, name, deadline):
        """Delete the controller `name` and its bdev. Returns the Answer."""
        arguments = ["vhost", "delete-bdev", "--host", host_ip] + self._login()
        return self._call(arguments + ["--name", name, "--silent"], deadline)

    def client_deploy(self, host_ip, deadline):
        """Deploy the CBD client on `host_ip`; there is no dialect of it without a login. Returns the Answer."""
        if self.login is None:
            raise ZbsError(
                "zbsadm client deploy needs ssh_port, ssh_username and ssh_password of %s; give them to heal CBD"
                % host_ip,
                "login_needed",
            )
        return self._call(["client", "deploy", "--host", host_ip] + self._login() + ["--silent"], deadline)

    def cluster_list(self, deadline):
        """The clusters that zbsadm knows; there is no dialect of it with a login. Returns the Answer."""
        return self._call(["cluster", "ls", "--format", "json"], deadline)

    def _login(self):
        return self.login.arguments() if self.login else []

    def _secrets(self):
        return [self.login.password] if self.login else []

    def _call(self, arguments, deadline):
        """Run zbsadm and return its Answer, or raise ZbsError with its code and message."""
        words = " ".join(arguments[:2])
        try:
            result = command.run([self.path] + arguments, deadline, masking.forms(self._secrets()))
        except ZbsError as exc:
            raise ZbsError("%s; this module runs on the ZBS admin node" % exc.message, exc.code)
        return judge(words, result, deadline.seconds, self._secrets())


class Answer:
    """What zbsadm said of a success: `data` (its JSON) and `warnings`."""

    def __init__(self, data, warnings):
        self.data = data
        self.warnings = warnings


def judge(words, result, timeout, secrets=()):
    """The Answer in a command's Result, judged by its JSON first and its exit status last; ZbsError on a failure.

    words    the sub-command, for messages
    timeout  seconds that it was given, for messages
    secrets  masked in what the JSON says, where a secret may be spelled in ways that no search in the text finds
    """
    if result.timed_out:
        raise ZbsError(
            "zbsadm %s did not finish within %.0f s and was killed; check the host, then try again" % (words, timeout),
            "zbsadm_timeout",
            {"output": _excerpt(result)},
        )
    data = masking.hide_in(last_object(result.out, ("success", "error")), secrets)
    if data is None:
        said = result.sentence()
        if not said:
            raise ZbsError(
                "zbsadm %s printed nothing (exit status %d); run it by hand on the admin node" % (words, result.rc),
                "zbsadm_empty",
                {"rc": result.rc},
            )
        raise ZbsError(
            "zbsadm %s printed no JSON (exit status %d): %s; run it by hand on the admin node"
            % (words, result.rc, said),
            "zbsadm_garbage",
            {"rc": result.rc, "output": _excerpt(result)},
        )
    error = data.get("error") if isinstance(data.get("error"), dict) else {}
    # `client deploy` and `cluster ls` carry error.code and no `success`.
    if data.get("success", error.get("code") == 0) is not True or error.get("code", 0) != 0:
        said = error.get("message") and str(error["message"])[:MOST_SAID]
        message = " ".join((said or "no message").split())
        code, remedy = next(
            (code, remedy) for pattern, code, remedy in _REMEDIES if re.search(pattern, message, re.I | re.S)
        )
        raise ZbsError(
            "zbsadm %s failed: %s (code %s); %s" % (words, message, its_code(error), remedy),
            code,
            {"rc": result.rc, "zbsadm_code": its_code(error), "zbsadm_message": said},
        )
    warnings = []
    if result.rc != 0:
        warnings.append("zbsadm %s reported success but ended with exit status %d" % (words, result.rc))
    return Answer(data, warnings)


def its_code(error):
    """The code in an error, of which a text may be long."""
    code = error.get("code")
    return code if code is None or isinstance(code, (int, float)) else str(code)[:MOST_CODE]


def _excerpt(result):
    return (result.out + result.err)[-2000:]
