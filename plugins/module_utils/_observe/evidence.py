# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe of the vhost protocol saw, as the decision about it reads it. Pure."""

# So often restarted by Docker, a container without a process is no longer starting but failing.
RESTART_LOOP = 3


class Evidence:
    """What the probe of the vhost protocol saw.

    socket_path    path that was asked
    socket         `answered`, or a code of SpdkProblem (`nobody`, `silent`, `closed`, `junk`, `denied`, `bad_path`),
                   `refused_call` (an error object instead of a version), or `not_asked` (deadline spent before)
    socket_detail  one sentence about it
    listening      whether the kernel's table has a listener on the path; None when the table can't be read
    volumes_listening  how many other sockets in the admin socket's folder are listened on: disks that are served
    connections    how many connections to the admin socket the listener has taken and holds open
    container      a Container, or None when Docker was not asked
    process        a ProcessInfo of the listener or of the container's process, or None
    start_grace    seconds that a start may take
    container_age  seconds since the container's last start (its making, where it never started); None when not known
    elsewhere      sockets with a target's names that are listened on in other folders
    others         an Others of _observe/others; None where the container of the expected name runs the process that listens
    """

    def __init__(
        self,
        socket_path,
        socket,
        socket_detail,
        listening,
        container,
        process,
        start_grace,
        volumes_listening=0,
        connections=0,
        container_age=None,
        elsewhere=(),
        others=None,
    ):
        self.socket_path = socket_path
        self.socket = socket
        self.socket_detail = socket_detail
        self.listening = listening
        self.container = container
        self.process = process
        self.start_grace = start_grace
        self.volumes_listening = volumes_listening
        self.connections = connections
        self.container_age = container_age
        self.elsewhere = list(elsewhere)
        self.others = others

    def process_starts(self):
        """Whether the process is younger than the grace.

        One that was stopped (T) does not start however young it is: it waits for a SIGCONT.
        """
        process = self.process
        return process is not None and process.state != "T" and process.age < self.start_grace

    def container_starts(self):
        """Whether the container that Docker showed is on its way: its process is young, or it is and has none yet.

        A container that Docker restarted again and again is not: each attempt makes it young again, for ever.
        """
        container = self.container
        up = container.running or container.restarting
        if up and self.process is not None:
            return self.process_starts()
        if self.container_age is None or self.container_age >= self.start_grace:
            return False
        count = container.restart_count if isinstance(container.restart_count, int) else 0
        return container.state == "created" or (up and count < RESTART_LOOP)

    def starting_sentence(self):
        """Why the verdict is `starting`."""
        if self.process is not None:
            return "the target's process %d is %.0f s old and does not answer yet (it may take %.0f s)" % (
                self.process.pid,
                self.process.age,
                self.start_grace,
            )
        return "the container has been in state %s for %.0f s and nothing listens yet (a start may take %.0f s)" % (
            self.container.state,
            self.container_age,
            self.start_grace,
        )
