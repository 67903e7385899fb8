"""What can go wrong, by name."""

from enum import IntEnum
from typing import Optional

from ._library import last_error


class Code(IntEnum):
    """How an operation ended."""

    OK = 0
    NOT_RUNNING = 1
    ALREADY_RUNNING = 2
    PORT_IN_USE = 3
    CANNOT_BIND = 4
    ISOLATED = 5  # no node could be asked
    THROTTLED = 6  # too many operations run
    TIMED_OUT = 7
    CANCELLED = 8
    REPLACED = 9  # by a newer put under the same id
    NOT_STORED = 10  # nodes were asked, none stored the value
    INVALID = 11
    CANNOT_RESOLVE = 12
    NO_ANSWER = 13
    NO_IDENTITY = 14
    RECIPIENT_UNKNOWN = 15
    SEQUENCE_EXHAUSTED = 16
    SECURITY = 17  # a key or cipher
    UNSUPPORTED = 18
    UNKNOWN = -1  # a library newer than this module has more of them

    @classmethod
    def _missing_(cls, value: object) -> "Code":
        return cls.UNKNOWN


class DhtError(RuntimeError):
    """Something that the library cannot do: `code` says what kind, the text says why."""

    def __init__(self, code: int, message: Optional[str] = None):
        self.code = Code(code)
        super().__init__(message or last_error() or self.code.name.lower().replace("_", " "))
