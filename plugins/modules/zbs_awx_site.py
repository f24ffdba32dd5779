#!/usr/bin/python
# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: zbs_awx_site
short_description: Look after what a site has in AWX, beyond single objects
version_added: 0.1.0
author:
  - The zstack.zbs maintainers (@zstack)
description:
  - What the role P(zstack.zbs.zbs_awx#role) asks of AWX and the modules of C(awx.awx) have no word for. Runs on the controller, once.
  - Objects are found by name in the site's organization. What belongs to another organization, and what people added, stays.
  - Where AWX is and who logs in comes from the environment as for C(awx.awx), C(CONTROLLER_HOST) with C(CONTROLLER_OAUTH_TOKEN),
    or with C(CONTROLLER_USERNAME) and C(CONTROLLER_PASSWORD).
requirements:
  - the collection C(awx.awx)
extends_documentation_fragment:
  - zstack.zbs.attributes.controller
attributes:
  diff_mode:
    support: full
    details: The sentences of C(done).
options:
  step:
    description:
      - V(ready) changes nothing. It refuses where the user may not do what is needed, where a name is another organization's, or
        where a template that has to go without O(node) still has jobs. It waits until AWX has deleted an inventory of the name, and
        tells the ids of what is named.
      - V(project) takes credentials away that are not named any longer, and has the project updated where its last update did not
        succeed.
      - V(hosts) makes the hosts and puts them into their groups, takes away those that it made and that are not named any longer,
        and without O(manager) what a manager was asked with and what it brought.
      - V(finish) takes away the login for zbsadm without O(zbsadm), the template for the node part without O(node), and the guard's
        login with its type without O(guard). It fails where AWX would not launch a template.
      - V(remove) takes everything of O(names) away, or nothing while jobs of it run.
    type: str
    choices: [ready, project, hosts, finish, remove]
    required: true
  organization:
    description: The organization of all objects.
    type: str
    required: true
  organization_create:
    description: For O(step=ready), whether the organization is going to be made where it is not there.
    type: bool
    default: false
  names:
    description: The name of each object by the word that the role has for it.
    type: dict
    required: true
  shared:
    description:
      - For O(step=ready), what objects are to be like that AWX has once for all organizations. Only an administrator of AWX may make
        or change them.
    type: dict
    default: {}
  scm_credential:
    description: Name of the project's credential, empty for none.
    type: str
    default: ""
  image_credential:
    description: Name of the execution environment's credential, empty for none.
    type: str
    default: ""
  notify:
    description: For O(step=ready), names of notification templates.
    type: list
    elements: str
    default: []
  manager:
    description: Whether a ZStack manager names hosts.
    type: bool
    default: false
  zbsadm:
    description: Whether there is a login for zbsadm.
    type: bool
    default: false
  node:
    description: Whether there is a template for the node part.
    type: bool
    default: false
  guard:
    description: Whether there is a login of the guard at its webhook.
    type: bool
    default: false
  hosts:
    description: For O(step=hosts), the hosts of each group, a list of C(name) and C(address).
    type: dict
    default: {}
  wait_for_jobs:
    description:
      - For O(step=remove), seconds to wait until no job runs. The schedules are turned off meanwhile, and on again where that is not
        enough.
    type: int
    default: 0
  timeout:
    description: Seconds to wait for the project's update, or for the end of the inventory's deletion.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Nothing is made before it is clear that it can be
  zstack.zbs.zbs_awx_site:
    step: ready
    organization: Default
    names: "{{ __zbs_awx_name }}"
  register: ready
"""

RETURN = r"""
done:
  description: What was done, or what would be in check mode, a sentence each.
  type: list
  elements: str
  returned: success
  sample: [takes away the host kvm2]
ids:
  description: Ids of what is named, as text, under C(scm_credential), C(image_credential) and C(notify) (a list). Empty for no name.
  type: dict
  returned: with O(step=ready)
  sample: {scm_credential: "7", image_credential: "", notify: ["1"]}
missing:
  description: Objects that are not there yet.
  type: list
  elements: str
  returned: with O(step=ready)
  sample: []
waited:
  description: What was waited for.
  type: list
  elements: str
  returned: with O(step=ready)
  sample: []
left:
  description: What stays, and why.
  type: list
  elements: str
  returned: with O(step=remove)
  sample: []
"""
