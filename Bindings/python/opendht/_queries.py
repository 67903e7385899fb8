"""Which fields to fetch, of which values."""

from typing import Optional

from ._hashes import InfoHash
from ._library import Handle, expect, last_error, lib, take_string, text, unsigned

_HEAD, _WHERE = "Query[", " WHERE "


class _Query(Handle):
    """Select, Where and Query are the same to the library, of which the first two use a half."""

    __slots__ = ()
    _delete = lib.odht_query_delete

    def __init__(self, q_str: Optional[str] = None):
        self._native = lib.odht_query_new(None if q_str is None else text(q_str, "q_str"))
        if not self._native:
            raise ValueError(last_error())

    def _is_satisfied_by(self, other: "_Query") -> bool:
        return bool(lib.odht_query_is_satisfied_by(self._native, other._native))

    def _print(self) -> str:
        return take_string(lib.odht_query_print(self._native)).decode(errors="replace")

    def _halves(self) -> "tuple[str, str]":
        """The conditions begin at the first WHERE: no field to fetch has that name."""
        select, where, conditions = self._print()[len(_HEAD):-1].partition(_WHERE)
        return select.strip(), (where + conditions).strip()


class Select(_Query):
    """Fields to fetch; at first all."""

    __slots__ = ()

    def field(self, field: int) -> "Select":
        """Adds one: 1 id, 2 value_type, 3 owner_public_key, 4 seq, 5 user_type."""
        if not lib.odht_query_select(self._native, unsigned(field, 31)):
            raise ValueError(f"there is no field {field}")
        return self

    def isSatisfiedBy(self, os: "Select") -> bool:
        return self._is_satisfied_by(expect(os, Select, "os"))

    def __str__(self) -> str:
        return self._halves()[0]


class Where(_Query):
    """Conditions that a value must meet, all of them; at first none."""

    __slots__ = ()

    def id(self, id: int) -> "Where":
        lib.odht_query_where_id(self._native, unsigned(id, 64))
        return self

    def valueType(self, type: int) -> "Where":
        lib.odht_query_where_value_type(self._native, unsigned(type, 16))
        return self

    def owner(self, owner_pk_hash: InfoHash) -> "Where":
        lib.odht_query_where_owner(self._native, expect(owner_pk_hash, InfoHash, "owner_pk_hash")._struct())
        return self

    def seq(self, seq_no: int) -> "Where":
        lib.odht_query_where_sequence(self._native, unsigned(seq_no, 16))
        return self

    def userType(self, user_type: str) -> "Where":
        lib.odht_query_where_user_type(self._native, text(user_type, "user_type"))
        return self

    def isSatisfiedBy(self, where: "Where") -> bool:
        """Whether what `where` finds includes what this finds."""
        return self._is_satisfied_by(expect(where, Where, "where"))

    def __str__(self) -> str:
        return self._halves()[1]


class Query(_Query):
    """Both: `SELECT id,user_type WHERE value_type=3,user_type="text/plain"`."""

    __slots__ = ()

    def __init__(self, q_str: str = ""):
        super().__init__(expect(q_str, str, "q_str"))

    def buildFrom(self, s: Select, w: Where) -> None:
        """Takes the fields of one and the conditions of the other."""
        fields = str(expect(s, Select, "s"))
        built = lib.odht_query_copy(expect(w, Where, "w")._native)
        for name in fields[len("SELECT "):].split(","):
            if name in _FIELDS:
                lib.odht_query_select(built, _FIELDS[name])
        lib.odht_query_delete(self._native)
        self._native = built

    def isSatisfiedBy(self, q: "Query") -> bool:
        """Whether the answer to `q` answers this too."""
        return self._is_satisfied_by(expect(q, Query, "q"))

    def __str__(self) -> str:
        return self._print()


_FIELDS = {"id": 1, "value_type": 2, "owner_pk": 3, "owner_pk_hash": 3, "owner_public_key": 3, "seq": 4, "user_type": 5}
