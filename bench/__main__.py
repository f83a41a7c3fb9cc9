"""`python -m bench [name …]`: run the benchmarks and print one table; exit 1 where one is short."""

import importlib
import pkgutil
import sys
from pathlib import Path

from bench.figure import Figure, table

HERE = Path(__file__).parent
NO_BENCHMARK = {"figure", "server", "anchor", "million", "__main__"}


def main(wanted: list[str]) -> int:
    names = [m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name not in NO_BENCHMARK]
    figures: list[Figure] = []
    for name in names:
        if not wanted or name in wanted:
            print(f"… {name}", file=sys.stderr, flush=True)
            figures += importlib.import_module(f"bench.{name}").run()
    print(table(figures))
    return 0 if all(f.is_met for f in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
