"""Puts the C library into the wheel: that which OPENDHT_LIBRARY names, else one built from the tree around this."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "libopendht-c.4.dylib" if sys.platform == "darwin" else "libopendht-c.so.4"


class BuildWithLibrary(build_py):
    def run(self):
        # What an earlier build left there would come along.
        shutil.rmtree(Path(self.build_lib) / "opendht", ignore_errors=True)
        super().run()
        folder = Path(self.build_lib) / "opendht" / "lib"
        folder.mkdir(parents=True, exist_ok=True)
        if named := os.environ.get("OPENDHT_LIBRARY"):
            shutil.copyfile(Path(named).resolve(), folder / NAME)
            return
        script = ROOT / "Scripts" / "c-library"
        if not script.exists():
            sys.exit(f"opendht: install from a checkout of opendht-swift, or let OPENDHT_LIBRARY name {NAME}")
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([str(script), "--out", out], check=True)
            shutil.copyfile((Path(out) / "lib" / NAME).resolve(), folder / NAME)


class WheelOfPlatform(bdist_wheel):
    """The library goes by ctypes: one wheel serves every Python 3 of a platform, but no other platform."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    def has_ext_modules(self):
        return True


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfPlatform}, distclass=WithLibrary)
