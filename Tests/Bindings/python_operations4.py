"""Operations that only a module of 4.x has: the same lines are printed by 4.4.2 and by ours. Arguments as before."""

import asyncio
import os
import sys
import time

import opendht as dht
from opendht import aio

PORT, WORD = sys.argv[1:3]


def show(what, *results):
    print(what, "|", *results, flush=True)


def key(name):
    return dht.InfoHash.get(WORD + name)


def failure(function, *arguments):
    try:
        function(*arguments)
        return "nothing"
    except (TypeError, ValueError, RuntimeError) as error:
        return next(kind.__name__ for kind in (TypeError, ValueError, RuntimeError) if isinstance(error, kind))


def main():
    show("version", dht.version() == dht.__version__, dht.version().split(".")[0], dht.aio is aio, dht._core.Value is dht.Value)
    ids()
    show("resolve", *map(str, dht.SockAddr.resolve("127.0.0.1", "80") + dht.SockAddr.resolve("::1", "81")),
         failure(dht.SockAddr.resolve, "no-such-host.invalid", "80"), dht.SockAddr.resolve("10.1.2.3")[0].isPrivate())
    sealed = dht.aesEncrypt(b"secret", "password")
    show("aes", dht.aesDecrypt(sealed, "password"), failure(dht.aesDecrypt, sealed, "other"), failure(dht.aesEncrypt, "x", "y"))
    identity = dht.Identity.generate("someone", bits=2048)
    keys(identity)
    first, second = dht.DhtRunner(), dht.DhtRunner()
    config = dht.DhtConfig()
    config.setRateLimit(-1, -1)
    config.setBound(dht.SockAddr.resolve("127.0.0.1", "0")[0], None)
    first.run(identity, config=config)
    second.run(dht.Identity.generate("other", bits=2048), ipv4="127.0.0.1", config=config)
    show("bound", str(first.getBound()).startswith("127.0.0.1:"), first.getBound(10).getPort() == first.getBound().getPort())
    for node in (first, second):
        node.bootstrap("127.0.0.1", PORT)
    show("who", first.getPublicKey().getLongId() == identity.publickey.getLongId(), str(first) == str(identity.publickey.getId()),
         type(first.getNodeId()).__name__)
    signed(first, second, identity)
    asyncio.run(asynchronous(first, second))
    sys.stdout.flush()
    os._exit(0)


def ids():
    a = dht.PkId.get("a")
    show("long id", a, repr(a), a.toString(), a.getLongId(), "%.6f" % a.toFloat(), a.getBit(0), dht.PkId.commonBits(a, dht.PkId.get("b")))
    show("long ids", a == dht.PkId.get("a"), a < dht.PkId.get("b"), bool(dht.PkId()), dht.PkId(b"12" * 32), dht.PkId(b"12"),
         failure(dht.PkId, "12"), dht.PkId.getRandom() == dht.PkId.getRandom())


def keys(identity):
    key, certificate = identity.key, identity.certificate
    signature = key.sign(b"text")
    public = key.getPublicKey()
    show("signature", len(signature), public.checkSignature(b"text", signature), public.checkSignature(b"other", signature))
    show("texts", str(key) == str(key.getLongId()) == str(public) == str(certificate), certificate.getName(),
         isinstance(certificate.getName(), str), certificate.issuer)
    show("empty", dht.Identity().key, dht.Identity().publickey, dht.Identity().certificate)
    for empty in (dht.PrivateKey(), dht.PublicKey(), dht.Certificate()):
        show("empty", failure(str, empty), failure(empty.getId), failure(empty.getLongId))
    show("empty", dht.Certificate().toString() == "", dht.Certificate().issuer, failure(str, dht.Value(b"").owner))


def signed(first, second, identity):
    where = key("signed")
    show("put signed", first.putSigned(where, dht.Value(b"mine")))
    found = second.get(where)
    show("got signed", [value.data for value in found], [value.owner.getId() == identity.publickey.getId() for value in found])
    show("by owner", [value.data for value in second.get(where, where=dht.Where().owner(identity.publickey.getId()))],
         second.get(where, where=dht.Where().owner(dht.InfoHash.get("x"))))
    where, to = key("sealed"), second.getPublicKey()
    show("put encrypted", first.putEncrypted(where, dht.Value(b"for you"), to))
    show("got encrypted", [(value.data, value.recipient == to.getId()) for value in second.get(where)], first.get(where))
    show("to nobody", failure(first.putEncrypted, where, dht.Value(b""), None), failure(first.putEncrypted, where, dht.Value(b""), 3),
         failure(first.putEncrypted, where, dht.Value(b""), dht.InfoHash()))
    nobody = dht.DhtRunner()
    nobody.run(ipv4="127.0.0.1")
    nobody.bootstrap("127.0.0.1", PORT)
    show("no identity", nobody.putSigned(where, dht.Value(b"x")))
    value = dht.Value(b"stays")
    show("permanent", first.put(key("permanent"), value, permanent=True), first.cancelPut(key("permanent"), value))


async def asynchronous(one, other):
    first, second = aio.DhtRunner(core=one), aio.DhtRunner(core=other)
    where = key("asyncio")
    show("await", await first.put(where, dht.Value(b"a")), await first.put(where, dht.Value(b"bb"), permanent=True),
         await first.putSigned(where, dht.Value(b"ccc")), await first.ping(second.getBound()))
    show("await", await first.putEncrypted(key("asyncio sealed"), second.getPublicKey(), dht.Value(b"e")),
         [value.data for value in await second.getAll(key("asyncio sealed"))])
    try:
        await first.putEncrypted(where, dht.InfoHash(), dht.Value(b"e"))
    except TypeError:
        show("to an InfoHash", "TypeError")
    show("all", sorted([value.data async for value in second.get(where)]), sorted(value.data for value in await second.getAll(where)))

    async def long(value):
        await asyncio.sleep(0.01)
        return len(value.data) == 3

    show("first", (await second.getFirst(where, predicate=lambda value: len(value.data) == 2)).data,
         (await second.getFirst(where, predicate=long)).data, await second.getFirst(where, predicate=lambda value: False),
         [value.data for value in await second.getAll(where, filter=lambda value: value.data == b"a")])
    with second.get(where) as stream:
        async for value in stream:
            show("one", type(value).__name__)
            break
    seen = set()
    with second.listen(where) as changes:
        async for value, expired in changes:
            seen.add((value.data, expired))
            if len(seen) == 3:
                break
    show("listen", sorted(seen))
    nowhere = aio.DhtRunner()
    try:
        show("not running", [value async for value in nowhere.get(where)])
    except RuntimeError as error:
        show("not running", error)
    show("not running", await nowhere.put(where, dht.Value(b"x")))


main()
