"""Many nodes of the reference in one process, driven by JSON lines on standard input.

Run by the interpreter that has the module: /usr/bin/python3 for 2.4.12, the venv of .build-peers for 4.4.2.
A request is {"tag": n, "op": name, "node": i, ...}; its answer carries the tag. Changes of a listen come
as {"event": "added" | "expired", "listen": n, ...} without one. `interop-node` speaks the same lines.
"""

import base64
import ctypes
import json
import os
import queue
import random
import socket
import sys
import threading
import time

import opendht

IS_4 = hasattr(opendht, "version")
runners = {}
stopped = []
identities = {}  # of the nodes that have one
owners = {}  # public keys seen on values, by their id
listens = {}
indexes = {}
outgoing = queue.SimpleQueue()  # callbacks run on threads of the nodes: one thread writes


def main():
    threading.Thread(target=write_lines, daemon=True).start()
    say({"event": "ready", "version": opendht.version() if IS_4 else "2.4.12"})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            OPERATIONS[request["op"]](request)
        except Exception as error:  # whatever goes wrong belongs to the one request
            answer(request, ok=False, error=f"{type(error).__name__}: {error}")
    leave()


def write_lines():
    while True:
        sys.stdout.write(json.dumps(outgoing.get()) + "\n")
        if outgoing.empty():
            sys.stdout.flush()


def say(message):
    outgoing.put(message)


def answer(request, **fields):
    say({"tag": request["tag"], **fields})


def start(request):
    config = opendht.DhtConfig()
    if network := request.get("network", 0):
        config.setNetwork(network)
    config.setRateLimit(-1, -1)  # all nodes of the test share one address, and so one allowance
    if request.get("client"):
        set_client_mode(config)
    identity = identity_of(request)
    if identity:
        config.setIdentity(identity)
    runner = opendht.DhtRunner()
    runner.run(port=request.get("port", 0), ipv4=request.get("ipv4", ""), ipv6=request.get("ipv6", ""), config=config)
    runners[request["node"]] = runner
    who = {}
    if identity:
        identities[request["node"]] = identity
        who = {"keyID": text(identity.publickey.getId()), "certificate": identity.certificate.toString()}
        if IS_4:
            who["longID"] = text(identity.publickey.getLongId())
    node_id = runner.getNodeId()
    answer(request, ok=True, id=node_id.decode() if isinstance(node_id, bytes) else str(node_id),
           port4=runner.getBound(socket.AF_INET).getPort(), port6=runner.getBound(socket.AF_INET6).getPort(), **who)


def identity_of(request):
    if path := request.get("identity"):
        return reference_identity().load(path, request.get("password") or "")
    if bits := request.get("bits"):
        return opendht.Identity.generate(bits=bits)
    return None


def save_identity(request):
    reference_identity().save(identities[request["node"]], request["identity"], request.get("password") or "")
    answer(request, ok=True)


def reference_identity():
    import reference_identity  # finds symbols of the library when it is loaded
    return reference_identity


def text(identifier):
    return identifier.decode() if isinstance(identifier, bytes) else str(identifier)


def set_client_mode(config):
    """4.x has a client mode that its Python module does not offer. Its flag stands 93 bytes after the
    network id in the configuration object. Whoever asks for it checks packets for the flag."""
    network = config_bytes(config, 0xABCDEF01).find((0xABCDEF01).to_bytes(4, "little"))
    if not IS_4 or network < 0:
        raise RuntimeError("no client mode in this version")
    config.setNetwork(0)
    ctypes.memset(id(config) + network + 93, 1, 1)


def config_bytes(config, network):
    config.setNetwork(network)
    return ctypes.string_at(id(config), opendht.DhtConfig.__basicsize__)


def bootstrap(request):
    # In one breath: a node that is connected by one family no longer tries its list for the other.
    for host, port in request["hosts"]:
        runners[request["node"]].bootstrap(host, str(port))
    answer(request, ok=True)


def ping(request):
    runner, address = runners[request["node"]], socket_address(request["host"], request["port"])
    runner.ping(address, lambda ok: answer(request, ok=bool(ok)))


def socket_address(host, port):
    if IS_4:
        return opendht.SockAddr.resolve(host, str(port))[0]
    raise RuntimeError("2.4.12 cannot make an address; it pings by bootstrap")


def value_of(request):
    value = opendht.Value(base64.b64decode(request["data"]), request.get("type", 0))
    if user_type := request.get("userType"):
        value.user_type = user_type
    if identifier := request.get("id"):
        value.id = int(identifier, 16)
    return value


def put_signed(request):
    value, runner, permanent = value_of(request), runners[request["node"]], request.get("permanent", False)
    done = lambda ok, nodes=None: answer(request, ok=bool(ok), id=f"{value.id:016x}")
    if IS_4:
        runner.putSigned(hash_of(request), value, done, permanent=permanent)
    else:
        value.id = value.id or random.getrandbits(64) | 1
        c_library().put_signed(runner, request["key"], value, done, permanent)


def put_encrypted(request):
    """For "to", an id (2.4.12) or a long id (4.x), or for "toKeyOf", the id of a key that was seen on a value."""
    value, runner, permanent = value_of(request), runners[request["node"]], request.get("permanent", False)
    done = lambda ok, nodes=None: answer(request, ok=bool(ok), id=f"{value.id:016x}")
    if IS_4:
        to = owners[request["toKeyOf"]] if "toKeyOf" in request else opendht.PkId(request["to"].encode())
        runner.putEncrypted(hash_of(request), value, to, done, permanent=permanent)
    else:
        value.id = value.id or random.getrandbits(64) | 1
        c_library().put_encrypted(runner, request["key"], request["to"], value, done, permanent)


def put(request):
    value = value_of(request)
    began = time.monotonic()

    def done(ok, nodes):
        answer(request, ok=bool(ok), id=f"{value.id:016x}", elapsed=time.monotonic() - began)

    runner = runners[request["node"]]
    if not request.get("permanent"):
        runner.put(hash_of(request), value, done)
    elif IS_4:
        runner.put(hash_of(request), value, done, permanent=True)
    else:
        value.id = value.id or random.getrandbits(64) | 1
        c_library().put_permanently(runner, request["key"], value, lambda ok: done(ok, []))


def cancel_put(request):
    runner, identifier = runners[request["node"]], int(request["id"], 16)
    if IS_4:
        value = opendht.Value(b"")  # stands for its id
        value.id = identifier
        runner.cancelPut(hash_of(request), value)
    else:
        c_library().cancel_put(runner, request["key"], identifier)
    answer(request, ok=True)


def c_library():
    import c_library  # only where it is needed: the other version's library must never be loaded beside it
    return c_library


def get(request):
    began, found, first = time.monotonic(), [], []

    def each(value):
        first.append(time.monotonic() - began)
        found.append(describe(value, request["node"]))
        return True

    def done(ok, nodes):
        answer(request, ok=bool(ok), values=found, first=first[0] if first else None, elapsed=time.monotonic() - began)

    where = opendht.Where(request["where"]) if request.get("where") else None
    runners[request["node"]].get(hash_of(request), each, done, where=where)


def listen(request):
    number = request["listen"]

    def change(value, expired):
        say({"event": "expired" if expired else "added", "listen": number, "value": describe(value, request["node"])})
        return True

    listens[number] = (request["node"], runners[request["node"]].listen(hash_of(request), change))
    answer(request, ok=True)


def cancel_listen(request):
    node, token = listens.pop(request["listen"])
    runners[node].cancelListen(token)
    answer(request, ok=True)


def table(request):
    runner = runners[request["node"]]
    text = {family: runner.getRoutingTablesLog(getattr(socket, family)) for family in ("AF_INET", "AF_INET6")}
    good = {family: log.count("[good]") for family, log in text.items()}
    answer(request, ok=True, good4=good["AF_INET"], good6=good["AF_INET6"], text=text)


def open_index(request):
    indexes[request["index"]] = opendht.Pht(request["name"].encode(), request["lengths"], runners[request["node"]])
    answer(request, ok=True)


def index_insert(request):
    entry = opendht.IndexValue(hash_of(request), int(request["id"], 16))
    indexes[request["index"]].insert(index_key(request), entry, lambda ok: answer(request, ok=bool(ok)))


def index_lookup(request):
    found = []

    def show(values, prefix):
        found.append(([{"key": text(v.getKey()), "id": f"{v.getValueId():016x}"} for v in values], text(prefix)))

    def done(ok):
        entries, prefix = found[0] if found else ([], None)
        answer(request, ok=bool(ok), entries=entries, prefix=prefix, calls=len(found))

    indexes[request["index"]].lookup(index_key(request), show, done)


def index_key(request):
    return {name: base64.b64decode(value) for name, value in request["fields"].items()}


def stop(request):
    # Kept: its destructor would wait for a thread that may be waiting for this one, to call back.
    stopped.append(runners.pop(request["node"]))
    stopped[-1].shutdown()
    answer(request, ok=True)


def leave(request=None):
    sys.stdout.flush()
    os._exit(0)  # join() of the reference can wait for its own callback


def hash_of(request):
    return opendht.InfoHash(request["key"].encode())


def describe(value, node):
    # The module does not offer the type of a value; a filter on it is how a test sees it.
    fields = {"id": f"{value.id:016x}", "data": base64.b64encode(value.data).decode(), "userType": value.user_type}
    if node in identities:
        fields["signer"], fields["wasEncrypted"] = signer(value)
    return fields


def signer(value):
    """Id of who signed a value, None for nobody; and whether it was encrypted for somebody."""
    if not IS_4:
        return c_library().signer(value)
    try:
        owner = value.owner
        identifier = text(owner.getId())
    except ValueError:  # nobody
        return None, False
    owners[identifier] = owner
    return identifier, bool(value.recipient)


OPERATIONS = {"start": start, "bootstrap": bootstrap, "ping": ping, "put": put, "putSigned": put_signed,
              "putEncrypted": put_encrypted, "saveIdentity": save_identity, "cancelPut": cancel_put, "get": get,
              "listen": listen, "cancel": cancel_listen, "openIndex": open_index,
              "indexInsert": index_insert, "indexLookup": index_lookup, "table": table, "stop": stop, "quit": leave}

if __name__ == "__main__":
    main()
