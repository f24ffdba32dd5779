"""What a module documents, its fragments among it."""

import importlib
import runpy

import yaml

PLUGINS = "ansible_collections.zstack.zbs.plugins."
# What documentation and argument spec say both of an option.
KEYS = ("type", "default", "choices", "required", "elements")


def documented(name):
    """The documented options of the module `name`: {option: what is said of it}."""
    doc = yaml.safe_load(runpy.run_module(PLUGINS + "modules." + name, run_name="x")["DOCUMENTATION"])
    options = dict(doc["options"])
    for fragment in doc["extends_documentation_fragment"]:
        _namespace, _collection, module, *variant = fragment.split(".")
        found = importlib.import_module(PLUGINS + "doc_fragments." + module).ModuleDocFragment
        text = getattr(found, variant[0].upper() if variant else "DOCUMENTATION")
        options.update(yaml.safe_load(text).get("options") or {})
    return options


def differences(spec, options):
    """What an argument spec and documented options say differently, as sentences; [] when they agree."""
    found = ["%s is in one of them only" % name for name in sorted(set(spec) ^ set(options))]
    for name in sorted(set(spec) & set(options)):
        for key in KEYS:
            said, real = options[name].get(key), spec[name].get(key)
            if key == "choices" and said and real:
                said, real = sorted(said), sorted(real)
            if key == "type":
                said, real = said or "str", real or "str"
            if (said or None) != (real or None):
                found.append("%s of %s is documented as %r and is %r" % (key, name, said, real))
    return found
