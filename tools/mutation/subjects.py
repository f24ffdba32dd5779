# Copyright (c) 2026, the zstack.zbs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mutated, and which tests have to notice.

Only tests by example: they are the same in every run, so a mutant that survives today survives tomorrow. The generated ones
and the model (test_*_properties.py, test_recovery_model.py) would kill some more on a day of luck.
"""

FOLDER = "plugins/module_utils"
TESTS = "tests/unit/plugins/module_utils"
# Each as its room and its name; its tests are in the room of the same name.
SUBJECTS = {
    "_window/backoff": ("test_backoff_window", "test_backoff_lease", "test_backoff_flapping", "test_backoff_events"),
    "_observe/health": ("test_health_verdicts", "test_health_host_status"),
    "_observe/verdict": ("test_health_verdicts", "test_health_host_status"),
    "_observe/down": ("test_health_verdicts",),
    "_target/plan": ("test_plan",),
    "_window/ledger": (
        "test_ledger_content",
        "test_ledger_reading",
        "test_ledger_doubt",
        "test_ledger_writing",
        "test_recovery_steps",
    ),
    "_window/ledger_writing": (
        "test_ledger_content",
        "test_ledger_reading",
        "test_ledger_doubt",
        "test_ledger_writing",
        "test_recovery_steps",
    ),
}


def example_tests(name: str) -> list[str]:
    """The files of the subject's tests, as paths from the root of the checkout."""
    room = name.split("/", maxsplit=1)[0]
    return [f"{TESTS}/{room}/{test}.py" for test in SUBJECTS[name]]


# A pattern of cosmic-ray's operators, and why it is left out.
LEFT_OUT = {
    "core/ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot)$": "whether two equal short texts are one object is up to the interpreter",
    "core/ReplaceComparisonOperator_(Is_Eq|IsNot_NotEq)$": "only `None` and `bool` are compared by identity here, and nothing else equals them",
    "core/ReplaceBinaryOperator_Mod_(?!Add$).*": "a text is formatted with `%` everywhere here; every other operator fails as `+` does",
    "core/ReplaceBinaryOperator_BitOr_(?!BitAnd$).*": "`|` joins flags of `os.open` here; `&` drops them, the others make numbers that are none",
}
