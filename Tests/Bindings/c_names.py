"""What the C library shows to linkers and compilers: layouts, symbols, names, pkg-config, headers."""

import re
import sys

from build import (HERE, LIBRARIES, PREFIX, REFERENCE_HEADER, WITH_OURS, WITH_REFERENCE, FLAGS, command, ours)

SOURCES = HERE / "c"
EXPORTED_BY_4_ONLY = {"dht_value_with_id_new"}
# bindings.md §1.2: bytes, on machines with 64-bit pointers.
COMMON = """bool 1 1; dht_value_id 8 8; in_port_t 2 2; dht_data_view 16 8; dht_data_view.data 0 8; dht_data_view.size 8 8;
dht_infohash 20 1; dht_pkid 32 1; dht_identity 16 8; dht_identity.privatekey 0 8; dht_identity.certificate 8 8;
dht_node_config 40 8; dht_node_config.node_id 0 20; dht_node_config.network 20 4; dht_node_config.is_bootstrap 24 1;
dht_node_config.maintain_storage 25 1; dht_node_config.persist_path 32 8; dht_secure_config 56 8;
dht_secure_config.node_config 0 40; dht_secure_config.id 40 16; dht_runner_config.dht_config 0 56;
dht_runner_config.threaded 56 1; dht_runner_config.proxy_server 64 8; dht_runner_config.push_node_id 72 8;
dht_runner_config.push_token 80 8; dht_runner_config.push_topic 88 8; dht_runner_config.push_platform 96 8"""
LAYOUT_2 = COMMON + """; dht_runner_config 144 8; dht_runner_config.peer_discovery 104 1; dht_runner_config.peer_publish 105 1;
dht_runner_config.server_ca 112 8; dht_runner_config.client_identity 120 16; dht_runner_config.log 136 1"""
LAYOUT_4 = COMMON + """; dht_runner_config 152 8; dht_runner_config.proxy_user_agent 104 8; dht_runner_config.peer_discovery 112 1;
dht_runner_config.peer_publish 113 1; dht_runner_config.server_ca 120 8; dht_runner_config.client_identity 128 16;
dht_runner_config.log 144 1"""


def layouts(report, programs, people):
    """proves: B-1 (items 3 and 5 of the drop-in list)"""
    report.section("Layouts")
    for name, flags, expected in (
            ("of the reference's header", WITH_REFERENCE, LAYOUT_2),
            ("of our header, interface 2", ("-DOPENDHT_C_ABI=2", *WITH_OURS), LAYOUT_2),
            ("of our header, interface 4", WITH_OURS, LAYOUT_4)):
        if program := programs.compile(report, SOURCES / "layouts.c", *flags, name="layouts-" + name[-1]):
            rows = set(command(program, environment=ours())[1].strip().splitlines())
            wanted = {row.strip() for row in expected.replace("\n", " ").split(";")}
            report.check(f"B-1 sizes and offsets {name}", rows == wanted, f"differ: {sorted(rows ^ wanted)}")


def symbols(report, programs, people):
    """proves: B-1 (items 1 and 2 of the drop-in list)"""
    report.section("Symbols and names")
    header = REFERENCE_HEADER.read_text()
    declared = set(re.findall(r"^OPENDHT_C_PUBLIC [^;]*?\b(dht_\w+)\(", header, re.M))
    report.check("the reference declares 63 functions", len(declared) == 63, f"{len(declared)}")
    for major, wanted in ((2, declared), (4, declared | EXPORTED_BY_4_ONLY)):
        library = LIBRARIES / f"libopendht-c.so.{major}"
        code, out, err = command("nm", "-D", "--defined-only", library)
        names = {line.split()[-1].partition("@")[0] for line in out.splitlines()}
        dht = {name for name in names if name.startswith("dht_")}
        report.check(f"B-1 libopendht-c.so.{major} exports the {len(wanted)} functions, and no other dht_", dht == wanted,
                     f"missing {sorted(wanted - dht)}, more {sorted(dht - wanted)} {err}")
        others = {name for name in names if not name.startswith(("dht_", "odht_"))}
        report.check(f"B-1 libopendht-c.so.{major} exports nothing else but odht_", not others,
                     f"{len(others)}: {sorted(others)[:20]}")
        versioned = [line for line in out.splitlines() if "@" in line]
        report.check(f"B-1 libopendht-c.so.{major} has no symbol versions", not versioned, str(versioned[:5]))
        undefined = command("nm", "-D", "--undefined-only", library)[1]
        # Those of C++ are mangled with _Z; the C library gives none of them.
        cxx = [line.split()[-1] for line in undefined.splitlines() if line.split()[-1].startswith(("_Z", "__cxa_throw", "__gxx"))]
        report.check(f"B-1 libopendht-c.so.{major} needs no symbol of C++", not cxx, str(cxx[:10]))
        dynamic = command("readelf", "-d", library)[1]
        soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
        report.check(f"B-1 its soname is libopendht-c.so.{major}", soname and soname[1] == library.name, dynamic[:300])
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
        foreign = {name for name in needed if not re.match(r"(lib(c|m|pthread|dl|rt|gcc_s|resolv|util)|ld-linux.*)\.so", name)}
        report.check(f"B-1 libopendht-c.so.{major} needs only what every system has", not foreign, f"{sorted(needed)}")
        report.check(f"B-1 libopendht-c.so.{major} loads", load(library), "dlopen fails")
    newest = (LIBRARIES / "libopendht-c.so").resolve().name
    report.check("B-1 libopendht-c.so is that of 4.x", newest.startswith("libopendht-c.so.4"), newest)
    # Names with the whole version stand behind, as in the reference: libopendht-c.so.2 → libopendht-c.so.2.4.12
    for major in (2, 4):
        full = (LIBRARIES / f"libopendht-c.so.{major}").resolve().name
        report.check(f"B-1 libopendht-c.so.{major} is a name of a full version", re.fullmatch(rf"libopendht-c\.so\.{major}(\.\d+)+", full),
                     full)
        print(f"        {full}: {(LIBRARIES / full).stat().st_size / 1e6 if (LIBRARIES / full).exists() else 0:.1f} MB")


def load(library):
    """Whether it loads with every symbol bound."""
    return command(sys.executable, "-c", f"import ctypes, os; ctypes.CDLL({str(library)!r}, os.RTLD_NOW)")[0] == 0


def pkg_config(report, programs, people):
    """proves: B-1 (item 13 of the drop-in list)"""
    report.section("pkg-config")
    code, out, err = command("pkg-config", "--cflags", "--libs", "opendht-c",
                             environment={"PKG_CONFIG_PATH": str(LIBRARIES / "pkgconfig"), "PKG_CONFIG_SYSTEM_LIBRARY_PATH": "/none"})
    report.check("B-1 pkg-config --cflags --libs opendht-c", code == 0 and f"-I{PREFIX}/include" in out and "-lopendht-c" in out
                 and f"-L{LIBRARIES}" in out, out + err)
    for file in ("opendht_c.h", "def.h", "odht.h"):
        report.check(f"B-1 opendht/{file} is installed", (PREFIX / "include" / "opendht" / file).exists(), str(PREFIX))
    if code == 0 and (program := programs.compile(report, SOURCES / "values.c", *FLAGS, *out.split(), name="by-pkg-config")):
        needed = command("readelf", "-d", program)[1]
        report.check("B-1 what is linked by it asks for libopendht-c.so.4", "[libopendht-c.so.4]" in needed, needed[:500])
        code, out, err = command(program, environment=ours())
        report.check("B-1 and runs", code == 0, out + err)


def headers_alone(report, programs, people):
    """Each header compiles alone, as C11 and as C++17, and both interfaces do."""
    report.section("Headers")
    for language, compiler, standard in (("c", "gcc", "-std=c11"), ("c", "clang", "-std=c11"), ("c++", "g++", "-std=c++17"),
                                         ("c++", "clang++", "-std=c++17")):
        bad = []
        for header in ("opendht_c.h", "odht.h"):
            for interface in (2, 4):
                code, out, err = command(compiler, "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                                         "-fsyntax-only", f"-DOPENDHT_C_ABI={interface}", f"-I{PREFIX}/include", "-",
                                         stdin=f"#include <opendht/{header}>\n")
                if code:
                    bad.append(err[-300:])
        report.check(f"B-1 the headers compile alone with {compiler} {standard}", not bad, "\n".join(bad))
