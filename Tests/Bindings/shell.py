"""A program that is typed into, and whose answers are waited for."""

import os
import re
import subprocess
import threading


class Shell:
    def __init__(self, *command, environment):
        self.lines, self.changed = [], threading.Condition()
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **environment})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def ask(self, line, *answers, seconds=20):
        """Types a line, and waits until each answer, a regular expression, is in a line that came since; whether all came."""
        with self.changed:
            before = len(self.lines)
            try:
                self.process.stdin.write(line + "\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                return False
            return self.changed.wait_for(
                lambda: all(any(re.search(answer, said) for said in self.lines[before:]) for answer in answers), seconds)

    def forget(self):
        """Drops what was said up to here."""
        self.ask("fence", "fence")  # lines are answered in their order: nothing of those before comes later
        with self.changed:
            del self.lines[:]

    def leave(self, seconds=20):
        """Ends the input and waits for the end; whether it came."""
        self.process.stdin.close()
        self.reader.join(seconds)
        return not self.reader.is_alive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
