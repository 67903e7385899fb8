"""Signed and encrypted values, certificates and identities of each kind, read by each kind."""

import asyncio
import base64
import tempfile
from pathlib import Path

from network import Network
from peers import Driver, Node
from values import data_of, key_of

BITS = 2048  # quick to make; the peers treat 4096 alike
VALUE_ID = f"{0x5EC0:016x}"
PASSWORD = "swordfish"
# How a writer can name a recipient of each kind. (crypto.md §5.3, §5.4) 2.4.12 publishes its certificate under the id alone
# and looks there; 4.4.2 under the long id alone; ours under both.
WAYS = {
    ("ours", "ours"): ("id", "long id", "key"), ("ours", "2.4.12"): ("id", "key"), ("ours", "4.4.2"): ("long id", "key"),
    ("2.4.12", "ours"): ("id",), ("2.4.12", "2.4.12"): ("id",), ("2.4.12", "4.4.2"): (),
    ("4.4.2", "ours"): ("long id", "key"), ("4.4.2", "4.4.2"): ("long id", "key"), ("4.4.2", "2.4.12"): ("key",),
}


class People:
    """A writer, a reader that listens, and a bystander of each kind, each with an identity of its own."""

    def __init__(self, kinds):
        self.kinds, self.writers, self.readers, self.bystanders = kinds, {}, {}, {}

    async def join(self, network, numbers, **options):
        for kind in self.kinds:
            for group in (self.writers, self.readers, self.bystanders):
                group[kind] = node = await Node(network.drivers[kind], next(numbers)).start(bits=BITS, **options)
                await node.bootstrap(*(network.random.sample(network.nodes, min(5, len(network.nodes)))))
                network.nodes.append(node)
        return self


async def everything(network, report, numbers):
    """Beside the rest, in a network of its own nodes among the others'."""
    # Of their own, so that the other tests never meet a node that is about to stop.
    around = Network(network.drivers, network.random)
    around.nodes = list(network.nodes)
    people = await People(network.kinds).join(around, numbers)
    await asyncio.sleep(12)  # until they are connected and their certificates stand
    await asyncio.gather(
        signed_values(people, report, "IPv4 and IPv6", people.kinds), encrypted_values(people, report, "IPv4 and IPv6", people.kinds),
        certificates(people, report), usage_examples(people, report), identity_files(network, people, report, numbers),
        on_ipv6_alone(network, report, numbers))


async def usage_examples(people, report):
    """What an application writes in Swift, among real peers.

    proves: B-26
    """
    if not {"ours", "2.4.12"} <= set(people.kinds):
        return
    node = people.writers["ours"]
    reply = await node.driver.call("examples", 60, node=node.number, to=people.writers["2.4.12"].key_id)
    report.check("the usage examples of the Swift interface run among real peers", reply["ok"], reply.get("error", ""))


async def on_ipv6_alone(network, report, numbers):
    alone = Network(network.drivers, network.random)
    people = await People(network.kinds).join(alone, numbers, ipv4=None)
    await asyncio.sleep(12)
    # In a network this small and of one family, listens of the reference hear nothing, not even of their own kind.
    await asyncio.gather(
        signed_values(people, report, "IPv6 alone", ("ours",)), encrypted_values(people, report, "IPv6 alone", ("ours",)))


async def signed_values(people, report, where, listeners):
    """A value is signed, read and heard by each kind, changed by its owner, and read and heard again.

    A listen of 2.4.12 takes an edit for the value that it knows, whoever makes it (node.md §4.7). A node that is no
    longer among the closest keeps the first edition until it expires, and readers but ours show all that they are given.

    proves: N-122 N-124
    """
    found = {}

    async def write(writer):
        node, key = people.writers[writer], key_of(f"signed by {writer} {where}")
        first, second = (data_of(f"{edition} signed by {writer} {where}", 70) for edition in ("first", "second"))
        listenings = {kind: await reader.listen(key) for kind, reader in people.readers.items() if kind in listeners}
        await asyncio.sleep(2)
        for number, data in enumerate((first, second)):
            put = await node.put_signed(key, data, id=VALUE_ID)
            name = f"{where}: {'a signed value' if number == 0 else 'its second edition'} by {writer}"
            report.check(f"{name} is put", put["ok"], put.get("error", ""))
            if writer == "ours":
                report.check(f"{name} has sequence number {number}", put.get("sequence") == number, str(put))
            for reader, listening in listenings.items():
                if number == 1 and reader == "2.4.12":
                    continue
                told = await wait_for_change(listening, data, 10)
                report.check(f"{name} is heard by {reader}, with its signer", told and told.get("signer") == node.key_id, str(told))
            for reader in people.kinds:
                reply = await people.bystanders[reader].get(key)
                value = next((v for v in reply["values"] if base64.b64decode(v["data"]) == data), None)
                good = bool(value) and value["id"] == VALUE_ID and value.get("signer") == node.key_id \
                    and (reader != "ours" or value.get("sequence") == number)
                editions = [(data_of(f"first signed by {writer} {where}", 70) if number else data), data]
                alone = len(reply["values"]) == 1 if reader == "ours" else all(
                    base64.b64decode(v["data"]) in editions and v.get("signer") == node.key_id for v in reply["values"])
                report.check(f"{name} is read by {reader}, and nothing else but older editions", good and alone,
                             str(reply.get("values"))[:300])
                found[writer, reader] = found.get((writer, reader), 0) + good
        # Not cancelled: the module of 4.4.2 calls back into what a cancel has freed. The processes end soon.

    await asyncio.gather(*map(write, people.kinds))
    print(f"  {where}: editions of a signed value read with their signer, of 2:")
    report.table("writer\\reader", people.kinds, people.kinds, lambda w, r: f"{found.get((w, r), 0)}/2")


async def wait_for_change(listening, data: bytes, seconds):
    """The value with that data, told as added or as updated; None if it does not come."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        for _, event, value in listening.events:
            if event != "expired" and base64.b64decode(value["data"]) == data:
                return value
        await asyncio.sleep(0.1)
    return None


async def encrypted_values(people, report, where, listeners):
    """Each kind encrypts for each kind, by every name that it can find a key by; the recipient opens it, nobody else."""
    opened = {}

    async def write(writer, reader, way):
        node, recipient = people.writers[writer], people.readers[reader]
        key = key_of(f"encrypted by {writer} for {reader} by {way} {where}")
        data = data_of(key, 90)
        name = f"{where}: a value by {writer} for {reader}, named by its {way},"
        if way == "key" and writer == "4.4.2":
            await see_key(node, recipient, key_of(f"{reader} shows its key to {writer} {where}"))
        listening = await recipient.listen(key) if reader in listeners else None
        await asyncio.sleep(2)
        put = await node.put_encrypted(key, data, **naming(way, writer, recipient))
        report.check(f"{name} is put", put["ok"], put.get("error", ""))
        if listening:
            told = await wait_for_change(listening, data, 10)
            report.check(f"{name} is heard, opened, by its recipient", told and told.get("signer") == node.key_id, str(told))
        reply = await recipient.get(key)
        values = [base64.b64decode(value["data"]) for value in reply["values"]]
        value = reply["values"][0] if values == [data] else {}
        good = value.get("signer") == node.key_id and value.get("wasEncrypted") is True
        report.check(f"{name} is read by its recipient", good, str(reply.get("values"))[:300])
        others = [person for group in (people.writers, people.readers, people.bystanders) for person in group.values() if person is not recipient]
        replies = await asyncio.gather(*(person.get(key) for person in others))
        leaked = [str(person) for person, other in zip(others, replies) if other["values"]]
        report.check(f"{name} is read by nobody else of {len(others)}", not leaked, f"read by {leaked}")
        opened[writer, reader] = opened.get((writer, reader), 0) + bool(good and not leaked)

    await asyncio.gather(*(write(w, r, way) for w in people.kinds for r in people.kinds for way in WAYS[w, r]))
    print(f"  {where}: encrypted values opened by their recipient alone, of the ways to name it"
          " (2.4.12 and 4.x look for certificates at different keys):")
    report.table("writer\\reader", people.kinds, people.kinds, lambda w, r: f"{opened.get((w, r), 0)}/{len(WAYS[w, r])}")


def naming(way, writer, recipient):
    if way == "key":
        return {"toKey": recipient.public_key} if writer == "ours" else {"toKeyOf": recipient.key_id}
    return {"to": recipient.key_id if way == "id" else recipient.long_id}


async def see_key(node, other, key):
    """The module of 4.4.2 takes a public key from nowhere but a value."""
    await other.put_signed(key, b"my key")
    for _ in range(5):
        if any(value.get("signer") == other.key_id for value in (await node.get(key))["values"]):
            return
        await asyncio.sleep(1)


async def certificates(people, report):
    """Ours finds the certificate of each kind; whoever does not exist is not found, and nothing is put.

    That the others find ours shows in what they encrypt for it by an id.
    proves: N-153 W-14.7
    """
    if "ours" not in people.kinds:
        return
    node = people.writers["ours"]
    for kind, other in people.readers.items():
        for way in WAYS["ours", kind]:
            if way == "key":
                continue
            wanted = other.key_id if way == "id" else other.long_id
            found = await node.driver.call("certificate", node=node.number, to=wanted)
            report.check(f"ours finds the certificate of {kind} by its {way}", found["ok"] and found.get("keyID") == other.key_id,
                         str(found))
    for kind, writer in people.writers.items():
        digits = 40 if kind == "2.4.12" else 64
        key = key_of(f"for nobody by {kind}")
        put = await writer.put_encrypted(key, b"for nobody", to="5" * digits)
        report.check(f"{kind} encrypts nothing for an id that nobody has", not put["ok"], str(put))
        if kind == "ours":
            report.check("ours says that the recipient is unknown", "No certificate of" in put.get("error", ""), str(put))


async def identity_files(network, people, report, numbers):
    """Each kind saves its identity, and each kind loads it: same key, same node id, and what it signs is its owner's.

    proves: N-2
    """
    with tempfile.TemporaryDirectory() as folder:
        for writer, person in people.writers.items():
            for password in ("", PASSWORD):
                path = str(Path(folder) / f"{writer}{'-encrypted' if password else ''}")
                saved = await person.driver.call("saveIdentity", node=person.number, identity=path, password=password)
                report.check(f"{writer} saves its identity{', encrypted' if password else ''}", saved["ok"], str(saved))
                for reader in network.kinds:
                    await load(network, report, numbers, person, reader, path, password)
        if "ours" in people.kinds:
            mode = (Path(folder) / "ours.pem").stat().st_mode & 0o777
            report.check("ours writes its private key for its owner's eyes only", mode == 0o600, oct(mode))


async def load(network, report, numbers, person, reader, path, password):
    name = f"{reader} {{}} the identity of {person.kind}" + (", encrypted" if password else "")
    secret = {"password": password} if password else {}
    if password and reader == "2.4.12":
        # It does not even read its own: the files for it stay without password. (crypto.md §1.4)
        try:
            await Node(network.drivers[reader], next(numbers)).start(identity=path, **secret)
            report.check(name.format("does not load"), False, "it does")
        except RuntimeError:
            report.check(name.format("does not load"), True)
        return
    try:
        node = await Node(network.drivers[reader], next(numbers)).start(identity=path, **secret)
    except RuntimeError as error:
        report.check(name.format("loads"), False, str(error))
        return
    report.check(name.format("loads"), (node.key_id, node.id) == (person.key_id, person.id), f"{node.key_id} {node.id}")
    if reader == "ours":
        with_wrong = Node(network.drivers[reader], next(numbers))
        try:
            await with_wrong.start(identity=path, password="wrong" if password else None)
            report.check(f"{reader} refuses the wrong password for the key of {person.kind}", not password, "loaded")
        except RuntimeError as error:
            report.check(f"{reader} refuses the wrong password for the key of {person.kind}", bool(password), str(error))
        else:
            await with_wrong.stop()
    await node.stop()
