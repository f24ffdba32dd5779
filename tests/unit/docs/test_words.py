"""What the documents say is what the code says: variables, sentences, paths and links."""

import ast
import re

import pytest
import yaml
from ansible_collections.zstack.zbs.plugins.module_utils._admin import calls
from ansible_collections.zstack.zbs.plugins.module_utils._guard import options, status
from ansible_collections.zstack.zbs.plugins.module_utils._hugepages import boot_units, own_mounts
from ansible_collections.zstack.zbs.plugins.module_utils._node import places
from ansible_collections.zstack.zbs.plugins.module_utils._observe.verdict import STATUS_OF
from ansible_collections.zstack.zbs.plugins.module_utils._prepare import prepare
from ansible_collections.zstack.zbs.plugins.module_utils._target import keeping
from ansible_collections.zstack.zbs.plugins.module_utils._window import ledger, ledger_writing, metrics_file

from tools.check.documents import documents, spans
from tools.check.process import ROOT

# What begins like a variable and is another thing: groups, files, modules, roles, facts, metrics.
_WORD = re.compile(r"(?<![A-Za-z0-9_./-])zbs_[a-z0-9]+(?:_[a-z0-9]+)*(?![A-Za-z0-9_.*/(-])")
OTHERS = {"zbs_admin", "zbs_vhost", "zbs_vhost_rules", "zbs_vhost_target_down", "zbs_zstack_heartbeat"}
_PLACEHOLDER = re.compile(r"%(?:\([a-z_]+\))?[-0-9.]*[sdrfgx]|\{\{.*?\}\}|\{%.*?%\}|\{[a-z_.]*\}", re.S)


def known_names():
    """Modules, roles, playbooks, and what a playbook sets as stats."""
    found = {path.stem for path in ROOT.glob("plugins/modules/*.py")} | {path.name for path in ROOT.glob("roles/*")}
    metrics = [ROOT / "plugins/module_utils" / name for name in ("_window/textfile.py", "_guard/metrics.py")]
    for path in metrics:
        found |= {
            f"zbs_vhost_{name}" for name in re.findall(r'family\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
        }
    return found | {path.name for path in ROOT.glob("extensions/molecule/*")} | OTHERS


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_variable_that_a_document_names_is_one(path, variables):
    text = path.read_text(encoding="utf-8")
    assert sorted(set(_WORD.findall(text)) - variables - known_names()) == []


def test_a_variable_that_is_none_is_found(variables):
    for text in ("set `zbs_docker_imagee`", "-e zbs_vhost_health_jsn=x"):
        assert set(_WORD.findall(text)) - variables - known_names()


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"https?://", target):
            continue
        name, _hash, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_index_has_every_guide():
    text = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    for path in ROOT.glob("docs/*.md"):
        assert path.name == "README.md" or "](%s)" % path.name in text, path.name


def sentences():
    """Every text that the code may say, its placeholders as line breaks, and the blanks of wrapped YAML as one."""
    found = []
    for path in [*ROOT.glob("plugins/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    for path in [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")]:
        found += texts(yaml.safe_load(path.read_text(encoding="utf-8")))
    return [_PLACEHOLDER.sub("\n", text) for text in found]


def texts(data):
    if isinstance(data, str):
        return [" ".join(data.split())]
    items = data.values() if isinstance(data, dict) else data if isinstance(data, list) else []
    return [text for item in items for text in texts(item)]


def unsaid(quote, said):
    """The parts of a quoted sentence, between its `...`, that nothing in the code says."""
    parts = [part.strip() for part in quote.split("...")]
    return [part for part in parts if re.search("[A-Za-z]", part) and not any(part in text for text in said)]


def quotes():
    """What troubleshooting.md quotes: whatever in its tables is a sentence and no command."""
    for span in spans(ROOT / "docs/troubleshooting.md"):
        if span.count(" ") >= 1 and not re.match(r"(ansible|make|docker|export)\b", span):
            yield span


def test_every_sentence_that_is_quoted_is_said_by_the_code():
    said, found = sentences(), list(quotes())
    assert len(found) >= 25
    assert {quote: unsaid(quote, said) for quote in found if unsaid(quote, said)} == {}


def test_a_sentence_that_the_code_does_not_say_is_found():
    said = sentences()
    assert unsaid("the container is ... (exit status ...) and nobody hears on ...", said)
    assert not unsaid("the container is ... (exit status ...) and nothing listens on ...", said)


def test_the_output_that_guides_show_has_the_code_s_words():
    said = "\n".join(sentences())
    for name, words in (
        (
            "deploy.md",
            [
                "restart required: ",
                "its SSH answers the admin node; whether zbsadm's own list has",
                "does not fit zbsadm",
            ],
        ),
        ("health.md", ["and nothing listens on"]),
    ):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for word in words:
            assert word in text and word in said, word


def test_the_table_of_verdicts_is_the_code_s():
    text = (ROOT / "docs/health.md").read_text(encoding="utf-8")
    table = text[text.index("## Verdicts") :]
    rows = dict(re.findall(r"^\| `([a-z]+)` \|.*\| (\w+) \| (?:yes|no|never) \|$", table, re.M))
    assert rows == STATUS_OF


def test_the_security_guide_names_every_file_that_is_written():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    facts = ledger.FACTS_DIR
    for path in (
        "%s/%s" % (facts, ledger.NAME),
        "%s/%s" % (facts, ledger_writing.LOCK),
        "%s/%s" % (facts, ledger.HOLD_NAME),
        "/" + prepare.LOCK,
        "%s/zbs_vhost_deploy-" % calls.LOCK_DIR,
        keeping.FOLDER,
        "/" + own_mounts.PATH,
        "/%s/%s" % (boot_units.FOLDER, boot_units.service_name("2M")),
        metrics_file.NAME,
        "%s/%s" % (facts, metrics_file.NOTE),
        places.FOLDER,
        options.FILE,
        status.FILE,
        "/etc/docker/daemon.json",
        "/etc/docker/certs.d",
        "/etc/hosts",
    ):
        assert path in text, path


def test_the_modes_in_the_security_guide_are_those_that_are_set():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    folder = ROOT / "plugins/module_utils"
    for file, words, row in (
        ("_window/ledger_writing.py", "text, 0o644, ours=True", r"zbs_vhost\.fact` \| 0644"),
        ("_target/keeping.py", '("utf-8"), 0o640', r"zbs-vhost/` \| 0750, files 0640"),
        ("_target/keeping.py", "make=0o750", r"zbs-vhost/` \| 0750, files 0640"),
        ("_hugepages/own_mounts.py", "0o600, ours=True", r"mounts\.json` \| 0600"),
        ("_tools/lock.py", "flags, 0o600", r"\.lock` \| 0600"),
        ("_hugepages/boot.py", "_MODE = 0o644", r"`\.mount` \| 0644"),
        ("_guard/status.py", "0o600, ours=True", r"guard\.json` \| 0600"),
        ("_window/metrics_file.py", "text, 0o644", r"textfile_dir` \| 0644"),
    ):
        assert words in (folder / file).read_text(encoding="utf-8"), (file, words)
        assert re.search(row, text), row


def code(path):
    """The blocks of a document, without their remarks: those are in the reader's language."""
    from tools.check.documents import blocks

    return [(block.language, re.sub(r"\s*#.*$", "", block.text, flags=re.M)) for block in blocks(path)]


def test_the_chinese_readme_has_the_same_code_links_and_headings():
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert code(english) == code(chinese)
    heads = [re.findall(r"^(#+) ", path.read_text(encoding="utf-8"), re.M) for path in (english, chinese)]
    assert heads[0] == heads[1]
    links = [re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")) for path in (english, chinese)]
    assert set(links[0]) - {"README.zh-CN.md"} == set(links[1]) - {"README.md"}
    assert "README.zh-CN.md" in links[0] and "README.md" in links[1]
    rows = [re.findall(r"^\|.*\|$", path.read_text(encoding="utf-8"), re.M) for path in (english, chinese)]
    assert len(rows[0]) == len(rows[1])
    # What ran with which ansible-core is one truth in any language.
    cores = [[row for row in found if re.match(r"\| 2\.", row)] for found in rows]
    assert cores[0] and cores[0] == cores[1]


def test_the_chinese_readme_speaks_of_the_same_variables_and_modules():
    spoken = [
        set(_WORD.findall((ROOT / name).read_text(encoding="utf-8"))) for name in ("README.md", "README.zh-CN.md")
    ]
    assert spoken[0] == spoken[1]
