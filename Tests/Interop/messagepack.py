"""MessagePack by hand, shortest form, as the peers write it. A map keeps the order of its keys."""

import struct


class Raw(bytes):
    """Bytes that are MessagePack already; packed as they stand."""


def pack(value) -> bytes:
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return _header(len(text), (0xA0, 32), ((0xD9, "B"), (0xDA, "H"), (0xDB, "I"))) + text
    if isinstance(value, (bytes, bytearray)):
        return _header(len(value), None, ((0xC4, "B"), (0xC5, "H"), (0xC6, "I"))) + bytes(value)
    if isinstance(value, (list, tuple)):
        return _header(len(value), (0x90, 16), ((0xDC, "H"), (0xDD, "I"))) + b"".join(map(pack, value))
    if isinstance(value, dict):
        pairs = list(value.items())
        body = b"".join(pack(k) + pack(v) for k, v in pairs)
        return _header(len(pairs), (0x80, 16), ((0xDE, "H"), (0xDF, "I"))) + body
    raise TypeError(f"cannot pack {type(value).__name__}")


def unpack(data: bytes):
    """The first value in `data`; ValueError when it is cut short."""
    value, _ = _read(data, 0)
    return value


def _integer(n: int) -> bytes:
    if 0 <= n < 0x80 or -32 <= n < 0:
        return struct.pack("b" if n < 0 else "B", n)
    forms = ((0xD0, "b"), (0xD1, "h"), (0xD2, "i"), (0xD3, "q")) if n < 0 else ((0xCC, "B"), (0xCD, "H"), (0xCE, "I"), (0xCF, "Q"))
    for mark, form in forms:
        try:
            return bytes([mark]) + struct.pack(">" + form, n)
        except struct.error:
            continue
    raise OverflowError(n)


def _header(count, small, forms) -> bytes:
    if small and count < small[1]:
        return bytes([small[0] | count])
    for mark, form in forms:
        if count < 1 << (8 * struct.calcsize(">" + form)):
            return bytes([mark]) + struct.pack(">" + form, count)
    raise OverflowError(count)


_SCALARS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
            0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_LENGTHS = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I",
            0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def _read(data, at):
    if at >= len(data):
        raise ValueError("cut short")
    mark = data[at]
    at += 1
    if mark < 0x80:
        return mark, at
    if mark >= 0xE0:
        return mark - 256, at
    if mark < 0x90:
        return _read_map(data, at, mark & 15)
    if mark < 0xA0:
        return _read_array(data, at, mark & 15)
    if mark < 0xC0:
        return _read_bytes(data, at, mark & 31, str)
    if mark in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[mark], at
    if mark in _SCALARS:
        return _number(data, at, _SCALARS[mark])
    if mark in _LENGTHS:
        count, at = _number(data, at, _LENGTHS[mark])
        if mark in (0xC4, 0xC5, 0xC6):
            return _read_bytes(data, at, count, bytes)
        if mark in (0xD9, 0xDA, 0xDB):
            return _read_bytes(data, at, count, str)
        return _read_array(data, at, count) if mark in (0xDC, 0xDD) else _read_map(data, at, count)
    raise ValueError(f"mark {mark:#x}")


def _number(data, at, form):
    size = struct.calcsize(form)
    if at + size > len(data):
        raise ValueError("cut short")
    return struct.unpack_from(form, data, at)[0], at + size


def _read_bytes(data, at, count, kind):
    if at + count > len(data):
        raise ValueError("cut short")
    chunk = bytes(data[at:at + count])
    return (chunk.decode("utf-8", "surrogateescape") if kind is str else chunk), at + count


def _read_array(data, at, count):
    items = []
    for _ in range(count):
        item, at = _read(data, at)
        items.append(item)
    return items, at


def _read_map(data, at, count):
    pairs = {}
    for _ in range(count):
        key, at = _read(data, at)
        value, at = _read(data, at)
        pairs[key] = value
    return pairs, at
