"""Counts what was checked, and prints it as it happens."""

import sys
import time


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.failures = []
        self.began = time.monotonic()

    def check(self, name: str, passed, detail="") -> bool:
        """One statement that holds or not. The detail explains a failure."""
        if passed:
            self.passed += 1
            print(f"  ok    {name}", flush=True)
        else:
            self.failed += 1
            self.failures.append(name)
            print(f"  FAIL  {name}" + (f"\n        {detail}" if detail else ""), flush=True)
        return bool(passed)

    def section(self, title: str):
        print(f"\n{title} ({time.monotonic() - self.began:.0f} s)", flush=True)

    def table(self, corner: str, rows, columns, cell):
        """A small table: rows and columns are names, `cell(row, column)` the text."""
        width = max(12, len(corner) + 2, *(len(c) + 2 for c in columns))
        print("  " + corner.ljust(width) + "".join(c.rjust(width) for c in columns))
        for row in rows:
            print("  " + row.ljust(width) + "".join(str(cell(row, c)).rjust(width) for c in columns))
        sys.stdout.flush()

    def close(self) -> int:
        seconds = time.monotonic() - self.began
        print(f"\n{seconds:.0f} s")
        if self.failures:
            print("failed: " + "; ".join(self.failures))
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
