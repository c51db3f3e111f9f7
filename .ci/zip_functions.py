#!/usr/bin/env python3
"""zip_functions.py LAMBDA-FOLDER OUT-FOLDER: one zip for each function, the same bytes for the same
binary, and the checksums of everything in the folder."""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

FACTS = Path(__file__).resolve().parent.parent / "infra" / "functions.json"
LEVEL = 9
# What a zip can say at the earliest: the time of the build is no part of a function.
TIME = (1980, 1, 1, 0, 0, 0)
EXECUTABLE = 0o100755


def main(folder, out):
    for function in json.loads(FACTS.read_text())["functions"]:
        name = function["name"]
        binary = (folder / name / "bootstrap").read_bytes()
        info = zipfile.ZipInfo("bootstrap", TIME)
        info.external_attr = EXECUTABLE << 16
        info.create_system = 3
        file = out / f"{name}.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(info, binary, zipfile.ZIP_DEFLATED, LEVEL)
        print(f"{name:24} {len(binary) / 1024:9,.0f} KB {file.stat().st_size / 1024:9,.0f} KB zipped")
    sums = out / "SHA256SUMS"
    files = sorted(file for file in out.iterdir() if file != sums)
    sums.write_text("".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
