"""docs/events.md as it is written: its commands, its variables, and the job on a stand-in of AWX."""

import re
import shlex
import subprocess
import sys
import time

import yaml
from conftest import HOSTS, ROOT, Rulebook, alert, free_port, group, listens, site, stop

sys.path.insert(0, str(ROOT))

from lab.controller.server import Standin  # noqa: E402  its folder is in the path only now

GUIDE = (ROOT / "docs/events.md").read_text(encoding="utf-8")
TOKEN = ["install -m 0700 -d /etc/zbs", "sh -c 'umask 077; openssl rand -hex 32 > /etc/zbs/events.token'"]
HEAL = "ansible-rulebook --rulebook zstack.zbs.heal --inventory /etc/zbs/inventory --vars /etc/zbs/events.yml --max-concurrent-actions 1 --verbose"
JOB = "ansible-rulebook --rulebook zstack.zbs.heal_job --vars /etc/zbs/events-job.yml --max-concurrent-actions 1 --verbose"


def block(path):
    """The file of the guide that is to lie at `path`."""
    return re.search(rf"^```\w+\n# {re.escape(path)}\n(.*?)^```$", GUIDE, re.M | re.S)[1]


def as_the_guide_says(folder, command):
    """The guide's commands with its file of variables, in a folder in place of /etc/zbs; it listens where there is room."""
    environment = site(folder)
    (folder / "token").unlink()
    for words in TOKEN:
        assert words in GUIDE
        subprocess.run(shlex.split(words.replace("/etc/zbs", str(folder))), check=True, timeout=30)
    words = shlex.split(command.replace("/etc/zbs", str(folder)))
    place = re.search(r"--vars (\S+)", command)[1]
    port = free_port()
    given = yaml.safe_load(block(place).replace("/etc/zbs", str(folder)))
    given.update(zbs_events_host="127.0.0.1", zbs_events_port=port, zbs_events_collect=1)
    (folder / place.rsplit("/", maxsplit=1)[-1]).write_text(yaml.safe_dump(given))
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    return Rulebook(folder, process, port, (folder / "events.token").read_text().strip())


def test_the_guides_way_to_a_heal(tmp_path):
    running = as_the_guide_says(tmp_path, HEAL)
    try:
        listens(running)
        assert running.post("alertmanager", group(alert("kvm01"))) == 200
        assert running.wait_for_runs(1)[0]["hosts"] == ["kvm01"]
    finally:
        stop(running)


def made(store):
    """The template of zstack.zbs.zbs_awx, as far as a launch looks at it; tests/awx has all of it."""
    survey = yaml.safe_load((ROOT / "roles/zbs_awx/vars/surveys.yml").read_text())["__zbs_awx_survey_heal"]
    store._seed("job_templates", name="ZBS heal", organization=1, ask_limit_on_launch=True, survey_enabled=True)
    template = store.named("job_templates", "ZBS heal")
    store.set_survey("job_templates", template["id"], survey)
    return template


def test_a_burst_is_one_job_over_its_hosts_and_says_that_an_event_started_it(tmp_path, monkeypatch):
    with Standin() as controller:
        store = controller.store
        template = made(store)
        monkeypatch.setenv("EDA_CONTROLLER_URL", controller.url)
        monkeypatch.setenv("EDA_CONTROLLER_TOKEN", controller.make_token())
        running = as_the_guide_says(tmp_path, JOB)
        try:
            listens(running)
            assert set(running.all_at_once([("alertmanager", group(alert(name))) for name in HOSTS])) == {200}
            end = time.monotonic() + 60
            while not store.jobs.all and time.monotonic() < end:
                time.sleep(0.2)
            time.sleep(3)
            (job,) = store.jobs.all.values()
            assert (job["unified_job_template"], job["limit"]) == (template["id"], ",".join(HOSTS)), running.log()
            assert job["extra_vars"] == {"zbs_vhost_heal_by_event": "true"}
            store.jobs.end()
        finally:
            stop(running)
