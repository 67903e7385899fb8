#!/usr/bin/env python3
"""The prefix index from C, over nodes of ours. Needs a C compiler.

proves: P-3 P-13 P-18
"""

import sys

from build import HERE, LIBRARIES, PREFIX, Programs, Report, command, facts, how_it_ended, library_is_there, ours

FLAGS = ("-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", f"-I{PREFIX}/include", f"-L{LIBRARIES}", "-lopendht-c")


def main() -> int:
    report = Report()
    with Programs() as programs:
        if library_is_there(report):
            for interface in (4, 2):
                report.section(f"the index, interface {interface}")
                program = programs.compile(report, HERE / "c" / "index.c", f"-DOPENDHT_C_ABI={interface}",
                                           f"-l:libopendht-c.so.{interface}", *FLAGS[:-1], name=f"index-{interface}")
                if program:
                    code, out, err = command(program, environment=ours(), seconds=90)
                    for holds, name, seen in facts(out):
                        report.check(name, holds, seen)
                    report.check("the program ends well", code == 0, how_it_ended(code, err))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
