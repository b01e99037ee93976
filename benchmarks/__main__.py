"""`python -m benchmarks [part …]`: run the parts, print Markdown tables."""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
import time

PARTS = ("rankers", "deciding", "asking", "throughput", "cases", "handover", "growth")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of: {', '.join(PARTS)} (all of them by default)")
    parser.add_argument("--cases", type=int, help="how many cases the part handover opens; 2000 by default")
    arguments = parser.parse_args()
    parts = arguments.parts
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.machine()}, {sys.platform}\n")
    for part in parts or PARTS:
        started = time.perf_counter()
        print(f"## {part}\n", flush=True)
        options = {"cases": arguments.cases} if part == "handover" and arguments.cases else {}
        importlib.import_module(f"benchmarks.{part}").run(**options)
        print(f"\n({time.perf_counter() - started:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
