# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands where ansible-test keeps its downloaded get-pip script: pip comes from ensurepip and the package index instead.

ansible-test fetches that script from a host of its own, which a site behind an index mirror can't reach; a file in its
cache keeps it from trying.
"""

import subprocess
import sys

# In a process of its own: ensurepip turns pip's configuration (mirrors, certificates) off for the whole process.
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
