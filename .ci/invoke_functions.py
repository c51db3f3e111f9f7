#!/usr/bin/env python3
"""invoke_functions.py BINARIES-FOLDER FUNCTION…: starts `parcela cloud` and cargo-lambda's Runtime API,
runs the functions' binaries there, invokes each with `cargo lambda invoke`, and checks its answer."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

EVENTS = Path(__file__).resolve().parent.parent / "events"
DEMO_BRAND = "brand_01JDEM0000000000000000BRAZ"
# `parcela` takes six ports in a row.
PORTS = 6
FIRST_PORT, LAST_PORT = 18700, 28700
PATIENCE_SECONDS = 120


def main(binaries, functions):
    port = free_ports(FIRST_PORT, PORTS)
    api_port = free_ports(port + PORTS, 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        parcela = [binaries / "parcela", "--data-dir", folder / "data", "--port", str(port)]
        password = first_start(parcela, folder)
        cloud = stack.enter_context(running([*parcela, "cloud"], folder / "cloud.log"))
        environment = exports(cloud)
        watch = ["cargo", "lambda", "watch", "--only-lambda-apis",
                 "--invoke-address", "127.0.0.1", "--invoke-port", str(api_port)]
        stack.enter_context(running(watch, folder / "watch.log"))
        wait_for_port(api_port)
        for function in functions:
            log = folder / f"{function}.log"
            stack.enter_context(running([binaries / function], log, environment | {
                "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{api_port}/.rt/{function}",
                "AWS_LAMBDA_FUNCTION_NAME": function,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
            }))
            event, check = CASES[function](password)
            answer = invoke(api_port, function, event)
            if not check(answer):
                sys.exit(f"{function} answered {answer}\n{log.read_text()}")
            print(f"{function}: as expected")


def partner_auth(password):
    event = read("partner-auth")
    event["body"] = json.dumps(json.loads(event["body"]) | password)
    return event, lambda answer: (
        answer["statusCode"] == 200 and json.loads(answer["body"])["brandId"] == DEMO_BRAND
    )


def job_overdue(_):
    event = {"brandId": DEMO_BRAND, "startedBy": "ci", "reason": "a check"}
    return event, lambda answer: (
        answer["kind"] == "done" and len(answer["shards"]) == answer["run"]["shards"]
    )


def worker_whatsapp(_):
    event = read("worker-whatsapp")
    poison = event["Records"][1]["messageId"]
    # The brand of the event is in no folder, so its message comes again too.
    return event, lambda answer: {"itemIdentifier": poison} in answer["batchItemFailures"]


CASES = {"partner-auth": partner_auth, "job-overdue": job_overdue, "worker-whatsapp": worker_whatsapp}


def read(function):
    return json.loads((EVENTS / f"{function}.json").read_text())


def first_start(parcela, folder):
    """A data folder gets its brands and people when the whole system first starts in it."""
    with running(parcela, folder / "first.log") as log:
        wait(lambda: "try in another terminal" in log.read_text(), log)
        text = log.read_text()
    password = re.search(r"password (\S+)", text)[1]
    email = re.search(rf"\({DEMO_BRAND}\)\s+(\S+@\S+)", text)[1]
    return {"email": email, "password": password}


def exports(log):
    """The variables that `parcela cloud` prints."""
    wait(lambda: "INSECURE_COOKIES" in log.read_text(), log)
    return dict(re.findall(r"^export (\w+)='(.*)'$", log.read_text(), re.MULTILINE))


def invoke(port, function, event):
    command = ["cargo", "lambda", "invoke", "--invoke-address", "127.0.0.1", "--invoke-port", str(port),
               "--data-ascii", json.dumps(event), function]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    if done.returncode != 0:
        sys.exit(f"{function} was not invoked: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


@contextmanager
def running(command, log, environment=None):
    """Runs a command until the end of the block; its output goes to the file."""
    with log.open("w") as out:
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env=environment, start_new_session=True)
    try:
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait(done, log):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            sys.exit(f"nothing happened:\n{log.read_text()}")
        time.sleep(0.1)


def wait_for_port(port):
    def answers():
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    wait(answers, Path(os.devnull))


def free_ports(at_least, count):
    """The first of so many ports in a row that nobody has."""
    for first in range(at_least, LAST_PORT, count):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    sys.exit("no free ports")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
