#!/usr/bin/env python3
"""Checks templates without an account: check_template.py TEMPLATE… [--functions FILE]

A SAM template is translated to CloudFormation as AWS would, which finds misspelt properties; what
comes of it is linted, which finds wrong values and references to nothing. Schedules and timezones
are checked by our own rules, in the templates and in functions.json.
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

# The translator asks the SDK for a region, and no more: nothing is called.
os.environ.setdefault("AWS_DEFAULT_REGION", "sa-east-1")

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.decode.decode import decode_str
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from schedules import fault_of_expression, fault_of_timezone

# It counts what it does for a service that is not there, and says so.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

REGION = os.environ["AWS_DEFAULT_REGION"]
SERVERLESS = "AWS::Serverless-2016-10-31"
FUNCTIONS = Path(__file__).parent.parent / "functions.json"
EXPRESSIONS = {"Schedule", "ScheduleExpression", "schedule"}
TIMEZONES = {"ScheduleExpressionTimezone", "timezone"}


class NoManagedPolicies:
    """Policies by name are not used: functions name their actions."""

    def load(self):
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("templates", nargs="+", type=Path)
    parser.add_argument("--functions", type=Path, default=FUNCTIONS)
    arguments = parser.parse_args()
    faults = [f"{arguments.functions.name}: {fault}" for fault in schedule_faults(json.loads(arguments.functions.read_text()))]
    for file in arguments.templates:
        faults += [f"{file.name}: {fault}" for fault in template_faults(file.read_text())]
    for fault in faults:
        print(fault)
    count = len(arguments.templates)
    print(f"{count} template{'s' * (count != 1)} and {arguments.functions.name}: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}")
    return 1 if faults else 0


def template_faults(text):
    _, unreadable = decode_str(text)
    if unreadable:
        return [lint_fault(match) for match in unreadable]
    template = yaml_parse(text)
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        return ["it has no resources"]
    faults = schedule_faults(template)
    if SERVERLESS in as_list(template.get("Transform")):
        try:
            template = translate(template)
        except InvalidDocumentException as error:
            return faults + [f"SAM: {cause.message}" for cause in error.causes]
    return faults + lint_faults(template)


def translate(template):
    """The CloudFormation that SAM makes of it."""
    globals_ = template.get("Globals") or {}
    functions = [resource.get("Properties") for resource in template["Resources"].values() if is_function(resource)]
    for properties in [*functions, globals_.get("Function")]:
        code = (properties or {}).get("CodeUri")
        # A folder of this machine; deploying puts an object in its place, as this does.
        if isinstance(code, str) and not code.startswith("s3://"):
            properties["CodeUri"] = "s3://packaged/code"
    return transform(template, {}, NoManagedPolicies())


def is_function(resource):
    return isinstance(resource, dict) and resource.get("Type") == "AWS::Serverless::Function"


def lint_faults(template):
    matches = lint(json.dumps(template), regions=[REGION], config=ManualArgs(regions=[REGION]))
    # Warnings are about taste, and about what the translator wrote.
    return sorted(lint_fault(match) for match in matches if match.rule.id.startswith("E"))


def lint_fault(match):
    path = "/".join(str(step) for step in getattr(match, "path", None) or [])
    return f"{match.rule.id} {path or f'line {match.linenumber}'}: {match.message}"


def schedule_faults(value, path=""):
    """Every expression and timezone in it that would not be taken."""
    if isinstance(value, list):
        return [fault for index, item in enumerate(value) for fault in schedule_faults(item, f"{path}/{index}")]
    if not isinstance(value, dict):
        return []
    faults = []
    for key, item in value.items():
        here = f"{path}/{key}"
        if isinstance(item, str) and key in EXPRESSIONS:
            fault = fault_of_expression(item)
        elif isinstance(item, str) and key in TIMEZONES:
            fault = fault_of_timezone(item)
        else:
            faults += schedule_faults(item, here)
            continue
        if fault:
            faults.append(f"{here}: {item}: {fault}")
    return faults


def as_list(value):
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit(main())
