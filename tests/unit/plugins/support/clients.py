"""The part of a fake zbs that says who has a volume open."""

# What `zbs list client --help` shows of a release that can tell.
HELP = "Usage: zbs list client [flags]\\n\\nFlags:\\n  --path string   POOL/VOLUME\\n  --format string\\n"
OLD_HELP = "Usage: zbs list client [flags]\\n\\nFlags:\\n  --format string\\n"
NOBODY = '{"error": {"code": 0, "message": ""}, "result": []}'


def open_on(*addresses):
    """The answer that names clients."""
    rows = ", ".join('{"ip": "%s", "port": 9001}' % address for address in addresses)
    return '{"error": {"code": 0, "message": ""}, "result": [%s]}' % rows


def zbs(answer=NOBODY, help_text=HELP, otherwise="exit 1", body=None):
    """The body of a zbs that answers so; `body` in place of a plain answer, `otherwise` for all other questions."""
    told = body or "printf '%%s\\n' '%s'" % answer
    return 'case "$*" in\n"list client --help") printf "%s";;\n"list client --path "*) %s;;\n*)\n%s\n;;\nesac' % (
        help_text,
        told,
        otherwise,
    )
