"""The inventory plugin as ansible-inventory runs it."""

import json

import pytest
from zstack_support import BY_KEY, inventory, listed, read, said, write

from lab.zstack import cloud, logins
from lab.zstack.server import Standin


@pytest.fixture
def manager():
    with Standin(cloud.generate(3)) as standin:
        yield standin
        assert standin.logins.open == 0, "a session was not logged out"


def members(data, group):
    return sorted(data.get(group, {}).get("hosts", []))


def test_hosts_groups_and_variables(manager, tmp_path):
    manager.cloud.believe("kvm0002", "Vhost", "Disconnected", "Nov 20, 2026 1:02:03 PM")
    data = listed(write(tmp_path, manager, timezone="+08:00"))
    everyone = ["kvm0001", "kvm0002", "kvm0003"]
    for group in ("zbs_vhost", "zstack_cluster_cluster_1", "zstack_storage_zbs_1"):
        assert members(data, group) == everyone
    assert data["zstack_zone_zone_1"]["children"] == ["zstack_cluster_cluster_1"]
    found = data["_meta"]["hostvars"]["kvm0002"]
    assert sorted(data["_meta"]["hostvars"]) == everyone
    assert {name: found[name] for name in found if name.startswith("ansible_")} == {
        "ansible_host": "10.0.0.2",
        "ansible_port": 22,
        "ansible_user": "root",
    }
    assert (found["zstack_cluster"], found["zstack_zone"], found["zstack_architecture"]) == (
        "cluster-1",
        "zone-1",
        "x86_64",
    )
    assert (found["zstack_cpus"], found["zstack_memory"], found["zstack_state"]) == (64, 274877906944, "Enabled")
    assert found["zstack_storages"][0]["name"] == "zbs-1" and found["zstack_storages"][0]["protocols"] == [
        "CBD",
        "Vhost",
    ]
    rows = {row["protocol"]: row for row in found["zstack_protocols"]}
    assert rows["Vhost"]["status"] == "Disconnected" and rows["CBD"]["status"] == "Connected"
    assert (rows["Vhost"]["changed"], rows["Vhost"]["since"]) == ("Nov 20, 2026 1:02:03 PM", "2026-11-20T05:02:03Z")


def test_without_the_time_zone_nobody_says_how_old(manager, tmp_path):
    row = listed(write(tmp_path, manager))["_meta"]["hostvars"]["kvm0001"]["zstack_protocols"][0]
    assert row["changed"] == "Nov 3, 2026 4:05:06 PM" and row["since"] is None


def test_login_from_the_environment_and_by_key(manager, tmp_path):
    path = write(tmp_path, manager, account=None, password=None, url=None)
    environment = {
        "ZSTACK_URL": manager.url,
        "ZSTACK_ACCESS_KEY_ID": logins.KEY_ID,
        "ZSTACK_ACCESS_KEY_SECRET": logins.KEY_SECRET,
    }
    assert len(members(listed(path, **environment), "zbs_vhost")) == 3
    assert manager.logins.opened == 0


def test_the_ssh_user_may_be_the_site_s_and_not_the_manager_s(manager, tmp_path):
    path = write(tmp_path, manager)
    users = {host["ansible_user"] for host in listed(path)["_meta"]["hostvars"].values()}
    assert users == {"root"}
    users = {host["ansible_user"] for host in listed(path, ZSTACK_SSH_USERNAME="ops")["_meta"]["hostvars"].values()}
    assert users == {"ops"}


def test_a_template_as_an_awx_credential_injects_it(manager, tmp_path):
    path = write(tmp_path, manager, password="{{ lookup('ansible.builtin.env', 'OF_AWX') }}")
    assert len(members(listed(path, OF_AWX=logins.PASSWORD), "zbs_vhost")) == 3


def test_filter_names_and_constructed_features(manager, tmp_path):
    manager.cloud.believe("kvm0001", "Vhost", "Disconnected")
    path = write(
        tmp_path,
        manager,
        filter="protocols[?protocol=='Vhost' && status=='Connected']",
        hostnames=["management_ip"],
        vhost_group="targets",
        compose={"half": "zstack_memory // 2", "ansible_port": "ansible_port + 1"},
        groups={"large": "zstack_cpus > 32"},
        keyed_groups=[{"key": "zstack_architecture", "prefix": "arch"}],
    )
    data = listed(path)
    chosen = ["10.0.0.2", "10.0.0.3"]
    assert members(data, "targets") == members(data, "large") == members(data, "arch_x86_64") == chosen
    found = data["_meta"]["hostvars"]["10.0.0.2"]
    assert (found["half"], found["ansible_port"]) == (137438953472, 23)


def test_two_hosts_of_one_name_are_two_hosts(manager, tmp_path):
    manager.cloud.row("hosts", name="kvm0002")["name"] = "kvm0001"
    manager.cloud.row("hosts", name="kvm0003")["name"] = "zbs_vhost"
    done = inventory(write(tmp_path, manager), "--list")
    data = json.loads(done.stdout)
    assert members(data, "zbs_vhost") == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert "kvm0001, zbs_vhost" in said(done)


def test_words_of_the_manager_are_no_templates(manager, tmp_path):
    manager.cloud.tables["zones"][0]["name"] = "{{ lookup('ansible.builtin.pipe', 'touch %s/ran') }}" % tmp_path
    path = write(tmp_path, manager, compose={"copy": "zstack_zone"}, keyed_groups=[{"key": "zstack_zone"}])
    done = inventory(path, "--host", "kvm0001")
    assert "lookup" in json.loads(done.stdout)["zstack_zone"] and not (tmp_path / "ran").exists()


def test_an_older_manager_is_warned_about(manager, tmp_path):
    manager.faults.switch_on("gone", "/v1/external-primary-storage")
    done = inventory(write(tmp_path, manager), "--list")
    assert "too old to tell the status of each protocol" in said(done)
    assert json.loads(done.stdout)["_meta"]["hostvars"]["kvm0001"]["zstack_protocols"] is None


REFUSED: list[tuple[dict, str]] = [
    ({"password": "wrong"}, "refused the login (ID.1000"),
    ({"filter": "protocols[?"}, "filter is not a JMESPath expression"),
    ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
    ({"primary_storages": ["zbs-1"]}, "primary_storages is not an option"),
    ({"hostnames": ["fqdn"]}, "Invalid value ['fqdn'] for config 'hostnames'"),
    ({"page_size": 0}, "page_size is 0; give 1 to 10000"),
    ({"timeout": 0}, "timeout is 0; give seconds above 0"),
    ({"vhost_group": "a-b c"}, "vhost_group is 'a-b c'"),
    ({"url": "10.0.0.2:8080"}, "url is '10.0.0.2:8080', which is not an http or https address"),
    ({"primary_storage": ["other"]}, "primary_storage 'other'"),
    ({"account": "{{ nothing_of_this_name }}"}, "the template of account can't be evaluated"),
    ({"strict": True, "compose": {"a": "nothing_of_this_name"}}, "Could not set a for host"),
]


def test_what_can_not_be_is_one_sentence_and_no_host(manager, tmp_path):
    arguments = []
    for number, (options, _words) in enumerate(REFUSED):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments += ["-i", str(write(folder, manager, **options))]
    done = inventory(arguments[1], *arguments[2:], "--list")
    assert json.loads(done.stdout)["_meta"]["hostvars"] == {} and "Traceback" not in done.stderr
    for _options, words in REFUSED:
        assert words in said(done)


def test_half_way_is_no_inventory_and_no_run(manager, tmp_path):
    manager.faults.switch_on("html", "/v1/hosts", skip=1)
    path = write(tmp_path, manager, page_size=2)
    done = inventory(path, "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
    assert done.returncode != 0 and "an HTML page instead of JSON" in said(done)
    assert manager.logins.closed == 1


def test_a_missing_package_is_named(manager, tmp_path):
    for package, words in (
        ("requests", "requests is missing on the controller"),
        ("jmespath", "jmespath, which filter"),
    ):
        broken = tmp_path / package
        broken.mkdir()
        (broken / ("%s.py" % package)).write_text("raise ImportError('not here')\n")
        done = inventory(write(tmp_path, manager, filter="host"), "--list", PYTHONPATH=str(broken))
        assert words in said(done)


def test_the_cache_spares_the_manager_until_it_is_flushed(manager, tmp_path):
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "kept")}
    path = write(tmp_path, manager, **options)
    first = listed(path)
    asked = len(manager.requests)
    assert listed(path) == first and len(manager.requests) == asked
    write(tmp_path, manager, **options, states=["Disabled"])
    assert members(listed(path), "zbs_vhost") == [] and len(manager.requests) > asked
    asked = len(manager.requests)
    inventory(path, "--list", "--flush-cache")
    assert len(manager.requests) > asked
    kept = "".join(file.read_text() for file in (tmp_path / "kept").iterdir())
    assert logins.PASSWORD not in kept and cloud.STORAGE_SECRET not in kept


@pytest.mark.parametrize("login", ["account", "key"])
@pytest.mark.parametrize("broken", [False, True])
def test_the_most_talkative_run_tells_no_secret(manager, tmp_path, login, broken):
    secrets = [logins.PASSWORD, logins.KEY_SECRET, cloud.STORAGE_SECRET]
    from ansible_collections.zstack.zbs.plugins.plugin_utils._zstack import sign

    secrets.append(sign.password_hash(logins.PASSWORD))
    opened = manager.logins.log_in

    def log_in(action, given):
        session = opened(action, given)
        secrets.append(session["uuid"])
        return session

    manager.logins.log_in = log_in
    checked = manager.logins._signature

    def signature(method, uri, date, given):
        secrets.append(given.partition(":")[2])
        checked(method, uri, date, given)

    manager.logins._signature = signature
    if broken:
        manager.faults.switch_on("error", "/v1/hosts")
    more = dict(BY_KEY, account=None, password=None) if login == "key" else {}
    done = inventory(write(tmp_path, manager, **more), "--list", "-vvvvv", ANSIBLE_DEBUG="1")
    assert len(secrets) > 4 and ("tried 4 times" in said(done)) == broken
    for secret in secrets:
        assert secret not in done.stdout and secret not in done.stderr


def test_beside_another_inventory(manager, tmp_path):
    (tmp_path / "10-own.yml").write_text(
        "zbs_admin: {hosts: {mds1: {ansible_host: 10.9.9.9}}}\nzbs_vhost: {vars: {zbs_docker_image: x}}\n"
    )
    write(tmp_path, manager)
    data = listed(tmp_path)
    assert members(data, "zbs_admin") == ["mds1"] and len(members(data, "zbs_vhost")) == 3
    assert data["_meta"]["hostvars"]["kvm0001"]["zbs_docker_image"] == "x"


def test_thousands_of_hosts_in_few_calls():
    with Standin(cloud.generate(5000)) as standin:
        found = read(standin)
        assert len(found["hosts"]) == 5000 and len(found["protocols"]) == 10000
        # login, storages, clusters, zones, 6 pages of hosts (one is not on ZBS), 10 of protocol rows, logout
        assert len(standin.requests) == 21 and standin.logins.open == 0


@pytest.mark.parametrize("table, gone", [("zones", "zstack_zone"), ("clusters", "zstack_cluster")])
def test_what_goes_while_it_is_read_takes_its_group_along_and_no_host(manager, tmp_path, table, gone):
    manager.cloud.tables[table] = []
    data = listed(write(tmp_path, manager))
    assert members(data, "zbs_vhost") == members(data, "zstack_storage_zbs_1") == ["kvm0001", "kvm0002", "kvm0003"]
    assert not [group for group in data if group.startswith(gone)]


def test_a_manager_without_zbs_and_a_session_that_stays_are_warnings(manager, tmp_path):
    for row in manager.cloud.tables["primary-storage"]:
        row["identity"] = None
    manager.faults.switch_on("html", "/v1/accounts/sessions")
    done = inventory(write(tmp_path, manager), "--list")
    assert json.loads(done.stdout)["_meta"]["hostvars"] == {}
    assert "has no ZBS primary storage, so this inventory has no hosts" in said(done)
    assert "the session could not be logged out, it expires by itself" in said(done)
    manager.logins._sessions.clear()
