"""Secrets in what others said: known ones in every spelling, and what looks like one."""

import json
import shlex
import time

import pytest
from ansible_collections.zstack.zbs.plugins.module_utils._tools import masking
from ansible_collections.zstack.zbs.plugins.module_utils._tools.command import MASK, mask

AWKWARD = 'pa"ss\\wörd /x'


@pytest.mark.parametrize("print_it", [str, json.dumps, lambda text: json.dumps(text, ensure_ascii=False)])
def test_a_known_secret_is_masked_as_it_is_and_as_json_writes_it(print_it):
    assert "ss" not in masking.hide("said %s!" % print_it(AWKWARD), [AWKWARD])


def test_a_known_secret_in_a_url():
    assert masking.hide("GET /?login=a%2Fb%3Fc", ["a/b?c"]) == "GET /?login=%s" % MASK


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "ZBS_PASSWORD: hunter2",
        '"token": "hunter2"',
        "api_key='hunter2'",
        '{\\"secret\\": \\"hunter2\\"}',
        "https://root:hunter2@registry/v2/",
        "zbsadm vhost deploy -p hunter2 --silent",
        "--password hunter2",
        'passwd="hunter2',
        "Authorization: Bearer hunter2",
        'pwd: "with a \\" quote hunter2"',
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    masked = masking.hide("before %s behind" % text if not text.endswith('"hunter2') else text)
    assert "hunter2" not in masked and MASK in masked
    assert masked.startswith("before") is not text.endswith('"hunter2')


@pytest.mark.parametrize(
    "text", ["the image is registry:5000/zbs/vhost:1.6.1", "-m [4,5] -s 1024 -r /var/zbsvhost/sockets/admin.sock", ""]
)
def test_the_rest_stays(text):
    assert masking.hide(text, ["hunter2", "", None]) == text


def test_a_line_of_megabytes_costs_no_more_than_its_length():
    started = time.process_time()
    for text in ("a" * 2000000, "token" * 400000, "a://" * 300000, ' -p "password' * 100000):
        masking.hide(text)
    assert time.process_time() - started < 30


def test_data_keeps_its_shape():
    data = {"a": [1, None, True, "x hunter2"], "hunter2": {"b": "c"}}
    assert masking.hide_in(data, ["hunter2"]) == {"a": [1, None, True, "x " + MASK], MASK: {"b": "c"}}
    assert masking.hide_in(data, [None, ""]) is data


def test_the_environment_of_a_container_and_the_secrets_in_it():
    data = [{"Config": {"Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "EMPTY_KEY=", "ODD"], "Image": "a:1"}}]
    found, secrets = masking.without_environment(data)
    assert found[0]["Config"]["Env"] == [name + "=" + MASK for name in ("PATH", "DB_PASSWORD", "EMPTY_KEY", "ODD")]
    assert (found[0]["Config"]["Image"], secrets) == ("a:1", ["hunter2"])


@pytest.mark.parametrize("secret", ["x\"a\\9'$y", "it's", 'say "x"', "plain", "umläut", "a b"])
def test_a_command_line_in_anybody_s_spelling_is_masked(secret):
    """As Python, JSON and a shell write the list of a program's arguments."""
    words = ["zbsadm", "-p", secret]
    for text in (repr(words), json.dumps(words), " ".join(map(shlex.quote, words)), repr(" ".join(words))):
        assert mask(text, masking.forms([secret])).count(MASK) >= 1
        assert secret not in mask(text, masking.forms([secret]))
        assert repr(secret)[1:-1] not in mask(text, masking.forms([secret]))


def test_the_logins_of_proxies_and_mirrors_are_found_wherever_they_stand():
    data = {
        "proxies": {"http-proxy": "http://me:pr0xy@h:1"},
        "m": ["https://h/", "https://u:w0rt%21@h", 3, None, "://:xyz@"],
    }
    assert masking.logins_in(data) == ["pr0xy", "w0rt%21"]
