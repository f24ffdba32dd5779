# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the module out of its payload, with the CPU time of each stage: `stages.py ARCHIVE ADMIN_SOCKET FACTS_DIR`.

Prints {stage: CPU milliseconds} as JSON on standard error; standard output has the module's answer.
"""

import importlib
import json
import runpy
import sys
import time
from typing import Any

marks = [("interpreter start", time.process_time())]
archive, admin_socket, facts_dir = sys.argv[1:]
sys.path.insert(0, archive)
basic: Any = importlib.import_module("ansible.module_utils.basic")
marks.append(("Ansible's own imports, compiled anew from the archive", time.process_time()))
UTILS = "ansible_collections.zstack.zbs.plugins.module_utils"
for name in ("_arguments", "_module", "_tick.phases"):
    importlib.import_module(f"{UTILS}.{name}")
marks.append(("the collection's imports, likewise", time.process_time()))
_real_init, _real_exit = basic.AnsibleModule.__init__, basic.AnsibleModule.exit_json


def begin(self, *words, **options):
    _real_init(self, *words, **options)
    marks.append(("arguments", time.process_time()))


def leave(self, **result):
    marks.append(("probe and ledger", time.process_time()))
    try:
        _real_exit(self, **result)
    finally:
        marks.append(("answer as JSON", time.process_time()))
        before = [0.0, *(spent for _stage, spent in marks)]
        spent = {stage: (after - start) * 1000 for (stage, after), start in zip(marks, before, strict=False)}
        sys.stderr.write(json.dumps(spent))


basic.AnsibleModule.__init__, basic.AnsibleModule.exit_json = begin, leave
arguments = {"host_ip": "192.0.2.1", "admin_socket": admin_socket, "facts_dir": facts_dir}
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_tracebacks_for": []}}).encode()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.zstack.zbs.plugins.modules.zbs_vhost_recovery", run_name="__main__")
