"""Build the guest: `python -m environment.engines.machine.guest FOLDER`; `--relock` writes packages.lock anew."""

from __future__ import annotations

import sys
from pathlib import Path

from environment.engines import EngineUnavailableError
from environment.engines.machine.guest.build import PARTS, _sha256, build, relock

if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["--relock"]:
            relock()
        elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):  # noqa: PLR2004 - the program and a folder
            for sentence in build(Path(sys.argv[1]), print):
                print(sentence)
            for part in PARTS:
                print(_sha256(Path(sys.argv[1], part)), part)
        else:
            sys.exit(f"{__doc__}")
    except EngineUnavailableError as error:
        sys.exit(f"{error}\n{error.remedy}")
