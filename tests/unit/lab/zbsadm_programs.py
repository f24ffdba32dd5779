"""Programs of the site of zbsadm_site.py, as text: an ssh, an sshpass, and the docker of a host."""

SSHPASS = """
import json, os, sys
if sys.argv[1] != "-e" or "SSHPASS" not in os.environ:
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""

SSH = """
import json, os, signal, subprocess, sys
site = SITE
words = sys.argv[1:]
options, rest = {}, []
while words[0] != "--" and words:
    word = words.pop(0)
    if word in ("-o", "-p", "-l", "-i"):
        value = words.pop(0)
        name, _, given = value.partition("=") if word == "-o" else (word, "", value)
        options[name] = given
    elif word != "-T":
        rest.append(word)
ip, = rest
with open(site + "/ssh.log", "a") as log:
    log.write(json.dumps({"argv": sys.argv[1:], "ip": ip, "options": options,
                          "password": os.environ.get("SSHPASS")}) + "\\n")
try:
    with open(site + "/" + ip + "/ssh.json") as stream:
        host = json.load(stream)
except FileNotFoundError:
    sys.stderr.write("ssh: connect to host " + ip + " port 22: No route to host\\n")
    sys.exit(255)
if "stderr" in host:
    sys.stderr.write(host["stderr"] + "\\n")
    sys.exit(host["status"])
if options["-l"] != host["user"] or options["-p"] != str(host["port"]):
    sys.stderr.write("ssh: connect to host " + ip + " port " + options["-p"] + ": Connection refused\\n")
    sys.exit(255)
refused = options.get("BatchMode") == "yes" and not host["key"]
refused = refused or (options.get("BatchMode") != "yes" and os.environ.get("SSHPASS") != host["password"])
if refused:
    sys.stderr.write(options["-l"] + "@" + ip + ": Permission denied (publickey,password).\\n")
    sys.exit(255)
print("Authorised users only. All activity may be monitored.", flush=True)
environment = {"PATH": site + "/" + ip + "/bin:" + host["path"], "SSH_CONNECTION": "192.0.2.10 40000 " + ip + " 22",
               "ZBSADM_STANDIN_ROOT": site + "/" + ip}
remote = subprocess.Popen(["/bin/sh", "-c", " ".join(words[1:])], env=environment, start_new_session=True)
def ended(number, frame):
    # A real host would let the step go on; here nothing may outlive the test.
    os.killpg(remote.pid, signal.SIGKILL)
    sys.exit(255)
signal.signal(signal.SIGTERM, ended)
sys.exit(remote.wait())
"""

DOCKER = """
import json, os, sys, time
root = os.environ["ZBSADM_STANDIN_ROOT"]
with open(root + "/docker.json") as stream:
    state = json.load(stream)
words = sys.argv[1:]
with open(root + "/docker.log", "a") as log:
    log.write(json.dumps(words) + "\\n")
def out(text):
    print(text)
    sys.exit(0)
def end(message, status=1):
    sys.stderr.write(message + "\\n")
    sys.exit(status)
def save():
    with open(root + "/docker.json", "w") as stream:
        json.dump(state, stream)
if state.get("silent"):
    time.sleep(60)
if not state["active"]:
    end("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
if words == ["version", "--format", "{{.Server.Version}}"]:
    out("28.2.2")
if words[:4] == ["image", "inspect", "--format", "{{.Id}}"] and len(words) == 5:
    out("sha256:1") if words[4] in state["images"] else end("Error: No such image: " + words[4])
if words[:2] == ["pull", "--quiet"] and len(words) == 3:
    if words[2] not in state["registry"]:
        end("Error response from daemon: pull access denied for " + words[2] + ", repository does not exist")
    state["images"].append(words[2])
    save()
    out(words[2])
if words[:4] == ["container", "inspect", "--format", "{{.State.Pid}}"] and len(words) == 5:
    if words[4] not in state["containers"]:
        end("Error response from daemon: No such container: " + words[4])
    out(state["containers"][words[4]]["pid"])
if words[:2] == ["rm", "-f"] and len(words) == 3:
    if state.get("rm_fails"):
        end("Error response from daemon: cannot remove container: device or resource busy")
    state["containers"].pop(words[2], None)
    save()
    out(words[2])
if words[:2] == ["run", "-d"]:
    words, given = words[2:], {"-v": []}
    while words[0].startswith("-"):
        option = words.pop(0)
        if option == "--privileged":
            given[option] = True
        elif option in ("--name", "--network", "--restart"):
            given[option] = words.pop(0)
        elif option == "-v":
            given[option].append(words.pop(0))
        else:
            end("unknown flag: " + option, 125)
    if given["--name"] in state["containers"]:
        end("docker: Error response from daemon: Conflict. The container name is already in use", 125)
    if words[0] not in state["images"]:
        end("docker: Unable to find image " + words[0], 125)
    if state.get("run_fails"):
        end("docker: Error response from daemon: OCI runtime create failed", 125)
    state["containers"][given["--name"]] = {"pid": 4242, "options": given, "image": words[0], "command": words[1:]}
    save()
    out("0123456789abcdef")
end("docker: unknown command: " + " ".join(words), 125)
"""
