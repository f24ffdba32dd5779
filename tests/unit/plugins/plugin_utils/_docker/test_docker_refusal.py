"""What the role zbs_docker refuses of its variables, each in a sentence that names the variable, the value and the remedy."""

import pytest
from ansible_collections.zstack.zbs.plugins.filter.docker_refusal import FilterModule
from ansible_collections.zstack.zbs.tests.unit.plugins.support.roles import defaults

refusal = FilterModule().filters()["docker_refusal"]
NAMES = ("package_sets", "image", "image_url", "image_checksum", "pull_timeout", "registry_hosts", "registries")
DEFAULTS = {name: defaults("zbs_docker")["zbs_docker_" + name] for name in NAMES}
SHA = "sha256:" + "0123456789abcdefABCDEF0123456789" * 2
URL = "http://mirror.example.com/image.tar"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"package_sets": [["docker-ce=5:20.10.24", "containerd.io"]]},
        {"package_sets": (("docker.io",),)},
        {"image": "zbs-vhost:1"},
        {"image": "registry.example.com:5000/zbs/vhost@sha256:0a"},
        {"image": "[fd00::5]:5000/vhost:1"},
        {"image_url": URL, "image_checksum": SHA},
        {"image_url": "https://mirror.example.com", "image_checksum": "sha512:" + "0" * 128},
        {"image_checksum": "nothing reads it without an address"},
        {"pull_timeout": 1},
        {"pull_timeout": 86400},
        {"image_url": URL, "image_checksum": SHA + "\n"},  # a block of YAML
        {"image": None, "image_url": None, "image_checksum": None},
        {
            "registry_hosts": [
                {"name": "registry.example.com", "address": "10.0.0.5"},
                {"name": "r", "address": "fd00::5"},
            ]
        },
        {"registries": [{"name": "r", "ca": "ca.pem"}, {"name": "r_1.example.com:5000"}, {"name": "[fd00::5]:5000"}]},
    ],
)
def test_what_can_be_is_not_refused(given):
    assert refusal(dict(DEFAULTS, **given)) == ""


@pytest.mark.parametrize(
    "given, says",
    [
        ({"package_sets": []}, "zbs_docker_package_sets is []; give lists of packages, at least one of them, as [["),
        ({"package_sets": ["docker.io"]}, 'zbs_docker_package_sets is ["docker.io"]; give lists'),
        ({"package_sets": [["docker.io"], []]}, 'zbs_docker_package_sets is [["docker.io"], []]; give lists'),
        ({"image": "--help"}, 'zbs_docker_image is "--help"; give registry/name:tag.'),
        ({"image": "a b"}, 'zbs_docker_image is "a b"; give registry/name:tag.'),
        ({"image": "a\n"}, 'zbs_docker_image is "a\\n"; give registry/name:tag.'),
        (
            {"image_url": URL},
            'zbs_docker_image_checksum is "", and zbs_docker_image_url needs one; give the archive\'s',
        ),
        ({"image_url": URL, "image_checksum": "md5:" + "0" * 64}, 'zbs_docker_image_checksum is "md5:000'),
        ({"image_url": URL, "image_checksum": "sha256:" + "0" * 63}, 'zbs_docker_image_checksum is "sha256:000'),
        (
            {"image_url": "ftp://a/b", "image_checksum": SHA},
            "zbs_docker_image_url is not an http or https address without",
        ),
        ({"pull_timeout": 0}, "zbs_docker_pull_timeout is 0; give seconds from 1 to 86400."),
        ({"pull_timeout": 86401}, "zbs_docker_pull_timeout is 86401; give seconds"),
        (
            {"image_url": URL, "image_checksum": None},
            "zbs_docker_image_checksum is null, and zbs_docker_image_url needs one",
        ),
        ({"image_url": 5, "image_checksum": SHA}, "zbs_docker_image_url is not an http or https address"),
        (
            {"registry_hosts": [{"name": "a:5000", "address": "10.0.0.5"}]},
            "give a name without a port and an address, as 10.0.0.5.",
        ),
        (
            {"registry_hosts": [{"name": "a", "address": "b"}]},
            'zbs_docker_registry_hosts has {"address": "b", "name": "a"}; give',
        ),
        ({"registry_hosts": [{"name": "a"}]}, 'zbs_docker_registry_hosts has {"name": "a"}; give a name'),
        (
            {"registries": [{"name": "good:5000"}, {"name": "http://bad"}]},
            'zbs_docker_registries has "http://bad"; give host or host:port.',
        ),
        ({"registries": [{"name": "a:123456"}]}, 'zbs_docker_registries has "a:123456"; give'),
        ({"registries": [{"name": "a:70000"}]}, 'zbs_docker_registries has "a:70000"; give'),
        ({"registries": [{}]}, "zbs_docker_registries has null; give"),
    ],
)
def test_what_can_t_be_is_refused_by_name_value_and_remedy(given, says):
    assert says in refusal(dict(DEFAULTS, **given))


def test_the_login_in_an_address_is_not_repeated():
    said = refusal(dict(DEFAULTS, image_url="http://me:secret@mirror/image.tar", image_checksum=SHA))
    assert said.startswith("zbs_docker_image_url is not") and "secret" not in said


def test_a_variable_that_the_role_does_not_hand_over_is_no_variable_that_is_well():
    for name in NAMES:
        with pytest.raises(KeyError):
            refusal({other: value for other, value in DEFAULTS.items() if other != name})
