# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: zstack
short_description: The KVM hosts that use ZBS, from a ZStack manager
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - Asks a ZStack manager for the KVM hosts of the clusters that a ZBS primary storage is attached to.
  - The file's name ends in C(zstack.yml) or C(zstack.yaml).
  - The whole cloud is read before the inventory gets its first host. If the manager fails half way, the inventory gets no host.
  - Never asks for, keeps or shows the hosts' passwords.
  - Variables of a host start with C(zstack_), see the notes. It also gets C(ansible_host), C(ansible_port) and C(ansible_user).
requirements:
  - requests (Python package on the controller)
  - jmespath (Python package on the controller), for O(filter)
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: This plugin.
    type: str
    required: true
    choices: [zstack.zbs.zstack]
  url:
    description:
      - Address of the manager's API, such as V(http://10.0.0.2:8080/zstack). Without a path it is V(/zstack).
      - May be a Jinja template, as may the options of the login.
    type: str
    required: true
    env:
      - name: ZSTACK_URL
  account:
    description: Account to log in with. Give O(password) too.
    type: str
    env:
      - name: ZSTACK_ACCOUNT
  user:
    description: User of O(account) to log in as, instead of the account itself.
    type: str
    env:
      - name: ZSTACK_USER
  password:
    description: Password of the account, or of O(user). Only its SHA-512 leaves the controller.
    type: str
    env:
      - name: ZSTACK_PASSWORD
  access_key_id:
    description: Access key to sign requests with, instead of logging in. Give O(access_key_secret) too.
    type: str
    env:
      - name: ZSTACK_ACCESS_KEY_ID
  access_key_secret:
    description: Secret of the access key. It never leaves the controller.
    type: str
    env:
      - name: ZSTACK_ACCESS_KEY_SECRET
  validate_certs:
    description: Whether to verify the certificate of an C(https) manager.
    type: bool
    default: true
    env:
      - name: ZSTACK_VALIDATE_CERTS
  ca_path:
    description: File or folder with the CA certificates to trust, instead of the usual ones.
    type: path
    env:
      - name: ZSTACK_CA_PATH
  timeout:
    description: Seconds that one complete answer may take.
    type: float
    default: 60
    env:
      - name: ZSTACK_TIMEOUT
  page_size:
    description: Rows of a query in each answer, from 1 to 10000.
    type: int
    default: 1000
  primary_storage:
    description: Names or uuids of ZBS primary storages. The default is all of them.
    type: list
    elements: str
    default: []
  states:
    description:
      - Only hosts in these states. A host in maintenance has no VMs and is being worked on, so the default leaves it out.
      - An empty list takes any.
    type: list
    elements: str
    choices: [Enabled, Disabled, PreMaintenance, Maintenance]
    default: [Enabled, Disabled]
  statuses:
    description:
      - Only hosts with these statuses, as the manager sees them. The default is any. A manager calls a host Disconnected when
        one protocol of its storage is, which is when you want a heal.
    type: list
    elements: str
    choices: [Connected, Connecting, Disconnected]
    default: []
  filter:
    description:
      - JMESPath expression; only hosts for which it is true are taken.
      - It sees C(host), C(cluster), C(zone) (objects), C(storages) and C(protocols) (lists of objects) with the field names of
        the manager's API, and C(storage), the storage's name, in each of C(protocols).
    type: str
  hostnames:
    description:
      - What a host is called in the inventory. The first that is unique to the host is used. A name that several hosts of the
        cloud have, or that Ansible can't use, is skipped for the next one; the last resort is the uuid.
    type: list
    elements: str
    choices: [name, management_ip, uuid]
    default: [name, management_ip]
  vhost_group:
    description: Group of all hosts, as the collection's playbooks expect it.
    type: str
    default: zbs_vhost
  ssh_username:
    description:
      - SSH user on all hosts, as their C(ansible_user). Without it each has the one that the manager itself logs in with.
      - May be a Jinja template.
    type: str
    env:
      - name: ZSTACK_SSH_USERNAME
  timezone:
    description:
      - The manager's time zone, such as V(Asia/Shanghai) or V(+08:00). Its answers don't include it.
      - Without it, the times of protocol rows are passed on as the manager writes them, and it is not known how long ago they were.
    type: str
    env:
      - name: ZSTACK_TIMEZONE
notes:
  - >-
    Variables - C(zstack_uuid), C(zstack_name), C(zstack_state), C(zstack_status), C(zstack_zone),
    C(zstack_zone_uuid), C(zstack_cluster), C(zstack_cluster_uuid), C(zstack_architecture), C(zstack_cpus),
    C(zstack_memory) (bytes), C(zstack_storages) (list of C(uuid), C(name), C(state), C(status), C(protocols)),
    C(zstack_protocols) (list of C(storage), C(storage_uuid), C(protocol), C(status), C(changed) as the manager writes
    it and C(since) in UTC; null if the manager is too old to report them) and C(zstack_read_at) (when the manager was
    asked, in UTC).
  - Groups - O(vhost_group), C(zstack_zone_NAME), in it C(zstack_cluster_NAME), and C(zstack_storage_NAME).
  - >-
    ansible-core continues without an inventory source that fails. Set C(any_unparsed_is_failed) in the section
    C([inventory]) of ansible.cfg if a run without this inventory must not happen.
"""

EXAMPLES = r"""
# The minimum in zbs.zstack.yml, the password in the environment as ZSTACK_PASSWORD:
#
#   plugin: zstack.zbs.zstack
#   url: http://10.0.0.2:8080/zstack
#   account: admin
#   timezone: Asia/Shanghai

# One storage, signed with an access key (its secret in ZSTACK_ACCESS_KEY_SECRET), only where the manager sees Vhost down,
# a group for each architecture, the answers kept for five minutes.
plugin: zstack.zbs.zstack
url: https://zstack.example.com:8443/zstack
ca_path: /etc/pki/tls/certs/site-ca.pem
access_key_id: h3bE9dpvqPMyk5ZnUQtY
primary_storage: [zbs-ssd]
filter: "protocols[?protocol=='Vhost' && status=='Disconnected']"
hostnames: [management_ip]
keyed_groups:
  - key: zstack_architecture
    prefix: arch
compose:
  zbs_hugepages_guest_memory: zstack_memory // 2
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /var/tmp/zstack-inventory
cache_timeout: 300
"""

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.zstack.zbs.plugins.module_utils._tools.errors import ZbsError
from ansible_collections.zstack.zbs.plugins.module_utils._tools.visible import visible
from ansible_collections.zstack.zbs.plugins.plugin_utils._inventory import copying, untemplated
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import hosts, select, times
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack.cloud import FORMAT, read_cloud
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack.manager import Manager
from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack.session import Session, check_login

_LOGIN = ("account", "user", "password", "access_key_id", "access_key_secret")
# What decides which part of which cloud is read: with other values, what is cached is of something else.
_READ = ("url", "account", "user", "access_key_id", "primary_storage", "states", "statuses")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Read the cloud (or the cache), then fill the inventory."""

    NAME = "zstack.zbs.zstack"

    def verify_file(self, path):
        """Whether the file is for this plugin, by its name."""
        return super().verify_file(path) and path.endswith(("zstack.yml", "zstack.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        """See ansible's BaseInventoryPlugin."""
        super().parse(inventory, loader, path, cache)
        given = self._read_config_data(path)
        try:
            self._check(given)
            wanted = select.compiled(self._option("filter"))
            zone = times.zone(self._option("timezone"))
            cloud = self._cloud(path, cache)
            # In an inventory of its own first: one that fails half way (a template, a name) leaves nothing behind.
            self.inventory = InventoryData()
            self._fill(cloud, wanted, zone, set(inventory.groups), self._option("ssh_username"))
        except ZbsError as error:
            raise AnsibleParserError(error.message) from None
        filled, self.inventory = self.inventory, inventory
        copying.copy(filled, inventory)

    def _check(self, given):
        """Refuse what can't be, before anybody is asked."""
        # A filter that is misspelt would mean every host.
        unknown = sorted(set(given) - set(self.get_options()))
        if unknown:
            raise ZbsError("%s is not an option of this plugin" % ", ".join(map(str, unknown)), code="bad_option")
        check_login(self._login())
        if not 1 <= self.get_option("page_size") <= 10000:
            raise ZbsError("page_size is %d; give 1 to 10000" % self.get_option("page_size"), code="bad_option")
        if not self.get_option("timeout") > 0:
            raise ZbsError("timeout is %g; give seconds above 0" % self.get_option("timeout"), code="bad_option")
        group = self.get_option("vhost_group")
        if self._sanitize_group_name(group) != group:
            raise ZbsError("vhost_group is %r, which is not a group name" % group, code="bad_option")

    def _option(self, name):
        """An option that may be a template."""
        value = self.get_option(name)
        if isinstance(value, str) and self.templar.is_template(value):
            try:
                value = self.templar.template(value)
            except AnsibleError as exc:
                raise ZbsError("the template of %s can't be evaluated (%s)" % (name, exc), code="bad_option") from None
        return value

    def _login(self):
        return {name: self._option(name) for name in _LOGIN}

    def _cloud(self, path, cache):
        """The cloud from the cache where that is wanted and holds it, else from the manager."""
        kept = self.get_option("cache")
        made_for = {name: self._option(name) for name in _READ}
        made_for["format"] = FORMAT
        key = self.get_cache_key(path)
        if kept and cache:
            try:
                found = self._cache[key]
            except KeyError:  # nothing in it, or too old
                found = None
            if isinstance(found, dict) and found.get("made_for") == made_for:
                return found["cloud"]
        cloud = self._ask()
        if kept:
            self._cache[key] = {"made_for": made_for, "cloud": cloud}
        return cloud

    def _ask(self):
        manager = Manager(
            self._option("url"),
            timeout=self.get_option("timeout"),
            validate_certs=self.get_option("validate_certs"),
            ca_path=self.get_option("ca_path"),
        )
        session = Session(manager, self._login())
        try:
            with session:
                cloud = read_cloud(
                    session.ask,
                    self.get_option("primary_storage"),
                    self.get_option("states"),
                    self.get_option("statuses"),
                    self.get_option("page_size"),
                )
        finally:
            manager.close()
            for sentence in session.warnings:
                self.display.warning(visible(sentence))
        self.display.vvv("zstack: %d hosts in %d calls of %s" % (len(cloud["hosts"]), manager.calls, manager.name))
        return cloud

    def _fill(self, cloud, wanted, zone, taken, username):
        if not cloud["storages"]:
            self.display.warning("the manager has no ZBS primary storage, so this inventory has no hosts")
        if cloud["protocols"] is None:
            self.display.warning(
                "the manager is too old to tell the status of each protocol (HTTP 404); the hosts are listed without it"
            )
        chosen = [document for document in hosts.documents(cloud) if wanted(document)]
        groups = {
            kind: hosts.group_names(cloud[kind + "s"], kind, self._sanitize_group_name)
            for kind in ("zone", "cluster", "storage")
        }
        self._make_groups(cloud, groups)
        names, twice = hosts.names(chosen, self.get_option("hostnames"), taken | set(self.inventory.groups))
        if twice:
            self.display.warning(
                "names that another host or a group has already were skipped for the host's next name: %s"
                % visible(", ".join(twice[:10]))
            )
        for name, document in zip(names, chosen):
            found = _variables(document, cloud, zone)
            if username:
                found["ansible_user"] = username
            self._add(name, document, groups, found)

    def _make_groups(self, cloud, groups):
        self.inventory.add_group(self.get_option("vhost_group"))
        for name in [name for kind in groups.values() for name in kind.values()]:
            self.inventory.add_group(name)
        for cluster in cloud["clusters"]:
            if cluster["zoneUuid"] in groups["zone"]:
                self.inventory.add_child(groups["zone"][cluster["zoneUuid"]], groups["cluster"][cluster["uuid"]])

    def _add(self, name, document, groups, variables):
        self.inventory.add_host(name, group=self.get_option("vhost_group"))
        cluster = groups["cluster"].get(document["host"]["clusterUuid"])
        for group in [cluster] + [groups["storage"][row["uuid"]] for row in document["storages"]]:
            if group:
                self.inventory.add_child(group, name)
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


def _variables(document, cloud, zone):
    # What others typed into the manager is never a template here.
    told = cloud["protocols"] is not None
    return untemplated.plain(hosts.variables(document, cloud["read_at"], zone, told))
