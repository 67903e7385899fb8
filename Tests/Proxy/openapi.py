#!/usr/bin/env python3
"""Checks the description that a proxy server gives of itself against what it does, with schemathesis.

Tests/Proxy/openapi.py                     builds dhtnode, starts two nodes and the server on loopback, checks, ends them
Tests/Proxy/openapi.py --program PATH      the same with a dhtnode that is there
Tests/Proxy/openapi.py --url URL           checks a server that runs; its node must have a peer, or every put fails
    --seconds N                            time for the check, 120 by default

Streams do not end by themselves, which schemathesis cannot check: they are looked at here.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".build-peers" / "proxy"  # of its own: schemathesis brings fifty packages
PACKAGES = ["schemathesis==4.32.5", "prometheus-client==0.26.0"]
STREAMS = ["listen", "events", "postEvents"]
# What is too long is refused with statuses that say so.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "414", "429", "431"]
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program")
    parser.add_argument("--url")
    parser.add_argument("--seconds", type=int, default=120)
    options = parser.parse_args()
    install()
    if options.url:
        return check(options.url.rstrip("/"), options.seconds)
    with serving(options.program or build()) as url:
        return check(url, options.seconds)


def install():
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)


def build():
    subprocess.run(["swift", "build", "--product", "dhtnode"], cwd=ROOT, check=True)
    return ROOT / ".build" / "debug" / "dhtnode"


@contextmanager
def serving(program):
    """A server whose node has a peer. Both are ended by their process ids, whatever happens."""
    door, port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([program, "-p", str(door)], **quiet)]
    try:
        started.append(subprocess.Popen([program, "-b", f"127.0.0.1:{door}", "--proxyserver", str(port)], **quiet))
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url)
        yield url
    finally:
        for process in started:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_ready(url):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if urllib.request.urlopen(url + "/readyz", timeout=2).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("the server did not become ready within 30 s")


def check(url, seconds):
    problems = [*streams(url), *metrics(url)]
    for problem in problems:
        print(problem)
    configuration = VENV / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    command = [VENV / "bin" / "schemathesis", "--config-file", configuration, "run", url + "/openapi.json", "-c", "all",
               "--max-time", str(seconds), "--request-timeout", "20", "--continue-on-failure", "--workers", "1"]
    for stream in STREAMS:
        command += ["--exclude-operation-id", stream]
    # Its own bound in time covers the generated requests only.
    done = subprocess.run(command, cwd=VENV, timeout=4 * seconds + 60)
    return 1 if problems or done.returncode else 0


def streams(url):
    """A put is told on a listen and on an event stream, with the content types that the description names."""
    for path, wanted in (("/key/openapi/listen", "application/json"), ("/events?key=openapi", "text/event-stream")):
        with urllib.request.urlopen(url + path, timeout=20) as stream:
            if stream.headers["Content-Type"] != wanted:
                yield f"{path}: content type {stream.headers['Content-Type']}"
            body = json.dumps({"data": "aGVsbG8=", "id": "7"}).encode()
            urllib.request.urlopen(urllib.request.Request(url + "/key/openapi", data=body), timeout=20).read()
            for _ in range(20):
                line = stream.readline().decode()
                if '"id":"7"' in line:
                    break
            else:
                yield f"{path}: the value did not come"


def metrics(url):
    """The reader of Prometheus itself understands the figures."""
    text = urllib.request.urlopen(url + "/metrics", timeout=20).read()
    code = "import sys; from prometheus_client.parser import text_string_to_metric_families as read; " \
           "print(sum(len(family.samples) for family in read(sys.stdin.read())))"
    done = subprocess.run([VENV / "bin" / "python", "-c", code], input=text, capture_output=True)
    if done.returncode or int(done.stdout) < 50:
        yield f"/metrics: {done.stdout} {done.stderr.decode()[-300:]}"


if __name__ == "__main__":
    sys.exit(main())
