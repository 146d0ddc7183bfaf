"""watch-status.py: follows the agent's /status. Each new report goes to <scenario>/status.jsonl on the host, with the phase it fell into; the ids of its
problems of warning and above and its cycle's number go to /run/agent/, where the scenarios wait for them."""
import json
import os
import time
import urllib.request

URL = "http://127.0.0.1:20900/status"


def text(path):
    with open(path) as file:
        return file.read().strip()


def replace(path, content):
    with open(path + ".new", "w") as file:
        file.write(content)
    os.rename(path + ".new", path)


os.makedirs("/run/agent", exist_ok=True)
last = None
while True:
    time.sleep(0.5)
    try:
        # The phase first: a report that was asked for in a phase is not counted for the one before.
        out = text("/run/scenario")
        phase = text(out + "/phase")
        with urllib.request.urlopen(URL, timeout=10) as answer:
            report = json.load(answer)
    except (OSError, ValueError):
        continue
    cycle = report["agent"]["cycle"]["count"]
    if cycle == last:
        continue
    last = cycle
    with open(out + "/status.jsonl", "a") as log:
        log.write(json.dumps({"phase": phase, "report": report}) + "\n")
    ids = [problem["id"] for problem in report["problems"] if problem["severity"] != "info"]
    replace("/run/agent/problems", "".join(id + "\n" for id in ids))
    replace("/run/agent/cycle", str(cycle))
