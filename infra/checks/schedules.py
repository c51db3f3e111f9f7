"""When something fires: whether EventBridge Scheduler would take an expression and a timezone.

Source of the rules: its user guide, "Schedule types".
"""

import re
from datetime import datetime
from zoneinfo import available_timezones

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

# The six fields in their order: name, first and last value, names from the first value on.
FIELDS = [
    ("minutes", 0, 59, []),
    ("hours", 0, 23, []),
    ("day-of-month", 1, 31, []),
    ("month", 1, 12, MONTHS),
    ("day-of-week", 1, 7, WEEKDAYS),
    ("year", 1970, 2199, []),
]
UNITS = {"minute", "hour", "day"}


def fault_of_expression(expression):
    """Why the expression is not one; None where it is."""
    found = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression)
    if not found:
        return "is not cron(…), rate(…) or at(…)"
    kind, text = found.groups()
    return {"cron": fault_of_cron, "rate": fault_of_rate, "at": fault_of_at}[kind](text)


def fault_of_timezone(name):
    """Why the name is not a timezone's; None where it is."""
    # Linux keeps copies under these, which AWS does not know.
    if name not in available_timezones() or name.startswith(("posix/", "right/")) or name == "localtime":
        return "is no timezone of the IANA database"
    return None


def fault_of_rate(text):
    found = re.fullmatch(r"([1-9]\d*) (\w+)", text)
    if not found:
        return "a rate is a number and a unit"
    number, unit = int(found[1]), found[2]
    if unit.removesuffix("s") not in UNITS or (unit.endswith("s")) == (number == 1):
        return "the unit is minute, hour or day for 1, and their plural for more"
    return None


def fault_of_at(text):
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return "at(…) takes yyyy-mm-ddThh:mm:ss"
    return None


def fault_of_cron(text):
    fields = text.split(" ")
    if len(fields) != len(FIELDS):
        return f"a cron expression has {len(FIELDS)} fields, this has {len(fields)}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "exactly one of day-of-month and day-of-week is ?"
    for value, field in zip(fields, FIELDS):
        fault = fault_of_field(value, *field)
        if fault:
            return fault
    return None


def fault_of_field(value, field, first, last, names):
    wrong = f"{field} cannot be {value}"
    if value == "?":
        return None if field.startswith("day-of-") else wrong
    if value == "*":
        return None
    if field == "day-of-month" and (value == "L" or re.fullmatch(r"([1-9]|[12]\d|3[01])W", value)):
        return None
    if field == "day-of-week":
        # The month's last such day, or its n-th.
        found = re.fullmatch(r"L|(\w+?)(?:L|#[1-5])", value)
        if found and (found[1] is None or number_of(found[1], first, last, names) is not None):
            return None
    if all(is_part(part, field, first, last, names) for part in value.split(",")):
        return None
    return wrong


def is_part(part, field, first, last, names):
    """A value, a range, or either (or all) in steps."""
    base, _, step = part.partition("/")
    if "/" in part and (field == "day-of-week" or not re.fullmatch(r"[1-9]\d*", step)):
        return False
    if base == "*":
        return "/" in part
    ends = [number_of(end, first, last, names) for end in base.split("-")]
    if None in ends or len(ends) > 2:
        return False
    return ends[0] <= ends[-1]


def number_of(text, first, last, names):
    if text.upper() in names:
        return first + names.index(text.upper())
    if not re.fullmatch(r"\d+", text):
        return None
    number = int(text)
    return number if first <= number <= last else None
