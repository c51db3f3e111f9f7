#!/usr/bin/env python3
"""Checks the workflows: that they are of GitHub's shape, ask for no more rights than they name, use
actions by version, and call scripts that are there."""

import os
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r"^[\w.-]+/[\w./-]+@v\d+(\.\d+){0,2}$")
SCRIPT = re.compile(r"\.ci/[\w.-]+")
WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "env", "defaults", "jobs"}
JOB_KEYS = {
    "name", "needs", "if", "runs-on", "permissions", "environment", "concurrency", "env",
    "timeout-minutes", "strategy", "steps",
}
STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "env", "working-directory"}


def main():
    files = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
    faults = [f"{file.name}: {fault}" for file in files for fault in workflow_faults(file)]
    faults += dependabot_faults(ROOT / ".github" / "dependabot.yml")
    for fault in faults or (["there is no workflow"] if not files else []):
        print(fault)
    print(f"{len(files)} workflows: {len(faults) or 'no'} faults")
    return 1 if faults or not files else 0


def workflow_faults(file):
    workflow = yaml.safe_load(file.read_text())
    # YAML reads the key `on` as true.
    workflow = {"on" if key is True else key: value for key, value in workflow.items()}
    yield from unknown("workflow", workflow, WORKFLOW_KEYS)
    for key in ("name", "on", "permissions", "jobs"):
        if key not in workflow:
            yield f"there is no {key}"
    jobs = workflow.get("jobs", {})
    for name, job in jobs.items():
        yield from (f"{name}: {fault}" for fault in job_faults(job, jobs))


def job_faults(job, jobs):
    yield from unknown("job", job, JOB_KEYS)
    for key in ("runs-on", "timeout-minutes", "steps"):
        if key not in job:
            yield f"there is no {key}"
    needs = job.get("needs", [])
    for needed in [needs] if isinstance(needs, str) else needs:
        if needed not in jobs:
            yield f"needs {needed}, which is no job"
    for step in job.get("steps", []):
        yield from unknown("step", step, STEP_KEYS)
        if ("uses" in step) == ("run" in step):
            yield f"a step either uses or runs: {step}"
        if "uses" in step and not VERSION.match(step["uses"]):
            yield f"{step['uses']} is not an action with its version"
        # Text of an event that is pasted into a script could be a script itself.
        if "${{" in step.get("run", ""):
            yield f"an expression in a script; pass it by env: {step['run']}"
        for script in SCRIPT.findall(step.get("run", "")):
            if not os.access(ROOT / script, os.X_OK):
                yield f"{script} is not there, or cannot be run"


def dependabot_faults(file):
    for update in yaml.safe_load(file.read_text())["updates"]:
        for folder in [update["directory"]] if "directory" in update else update["directories"]:
            if not (ROOT / folder.lstrip("/")).is_dir():
                yield f"{file.name}: there is no folder {folder}"


def unknown(what, mapping, known):
    for key in mapping:
        if key not in known:
            yield f"no key of a {what}: {key}"


if __name__ == "__main__":
    sys.exit(main())
