"""The module of OpenDHT as bindings.md §2 has it: class → member → its arguments.

A member that 2.4.12 lacks has a "4" before its name. None stands for a property, for what has no arguments of its own.
"""

CLASSES = {
    "InfoHash": {"__init__": ["str"], "__bool__": [], "getBit": ["bit"], "setBit": ["bit", "b"], "getId": [], "toString": [], "toFloat": [],
                 "commonBits": ["a", "b"], "get": ["key"], "getRandom": []},
    "4PkId": {"__init__": ["str"], "__bool__": [], "getBit": ["bit"], "setBit": ["bit", "b"], "getLongId": [], "toString": [], "toFloat": [],
              "commonBits": ["a", "b"], "get": ["key"], "getRandom": []},
    "SockAddr": {"__init__": [], "toString": [], "getPort": [], "setPort": ["port"], "getFamily": [], "setFamily": ["af"],
                 "isLoopback": [], "isPrivate": [], "isUnspecified": [], "4resolve": ["host", "service"]},
    "Node": {"getId": [], "getAddr": [], "isExpired": []},
    "NodeEntry": {"getId": [], "getNode": []},
    "NodeSet": {"size": [], "insert": ["l"], "extend": ["li"], "first": [], "last": [], "__iter__": []},
    "NodeSetIter": {"__next__": []},
    "Value": {"__init__": ["val", "id"], "data": None, "user_type": None, "id": None, "recipient": None, "size": None,
              "owner": None},
    "ValueType": {"__init__": ["id", "name", "expiration"]},
    "Query": {"__init__": ["q_str"], "buildFrom": ["s", "w"], "isSatisfiedBy": ["q"]},
    "Select": {"__init__": ["q_str"], "field": ["field"], "isSatisfiedBy": ["os"]},
    "Where": {"__init__": ["q_str"], "id": ["id"], "valueType": ["type"], "owner": ["owner_pk_hash"], "seq": ["seq_no"],
              "userType": ["user_type"], "isSatisfiedBy": ["where"]},
    "PrivateKey": {"__init__": [], "generate": [], "generateEC": [], "getId": [], "getPublicKey": [], "decrypt": ["dat"],
                   "4getLongId": [], "4sign": ["dat"]},
    "PublicKey": {"getId": [], "encrypt": ["dat"], "4getLongId": [], "4checkSignature": ["dat", "signature"]},
    "Certificate": {"__init__": ["dat"], "getId": [], "getName": [], "toString": [], "revoke": ["k", "c"], "__bytes__": [],
                    "issuer": None, "generate": ["k", "name", "i", "is_ca"], "4getLongId": []},
    "Identity": {"__init__": ["k", "c"], "key": None, "publickey": None, "certificate": None,
                 "generate": ["name", "ca", "bits"]},
    "TrustList": {"__init__": [], "add": ["cert"], "remove": ["cert"], "verify": ["cert"]},
    "VerifyResult": {"__bool__": []},
    "DhtConfig": {"__init__": [], "setIdentity": ["id"], "setBootstrapMode": ["bootstrap"], "setNodeId": ["id"],
                  "setNetwork": ["netid"], "setMaintainStorage": ["maintain_storage"],
                  "setRateLimit": ["max_req_per_sec", "max_peer_req_per_sec"],
                  "4setProxyInfo": ["proxy_server", "push_node_id", "push_token", "push_topic", "push_platform", "user_agent",
                                    "server_ca"],
                  "4setPeerDiscovery": ["peer_discovery", "peer_publish"], "4setBound": ["bind4", "bind6"]},
    "DhtRunner": {"__init__": [], "run": ["id", "is_bootstrap", "port", "ipv4", "ipv6", "config"], "bootstrap": ["host", "port"],
                  "ping": ["addr", "done_cb"], "get": ["key", "get_cb", "done_cb", "filter", "where"],
                  "put": ["key", "val", "done_cb", "4permanent"], "4putSigned": ["key", "val", "done_cb", "permanent"],
                  "4putEncrypted": ["key", "val", "to", "done_cb", "permanent"], "4cancelPut": ["key", "val"],
                  "listen": ["key", "value_cb"], "cancelListen": ["token"], "shutdown": ["shutdown_cb"], "join": [],
                  "isRunning": [], "getId": [], "getNodeId": [], "4getPublicKey": [], "getBound": ["af"],
                  "registerType": ["type"], "enableLogging": [], "disableLogging": [], "enableFileLogging": ["path"],
                  "getStorageLog": [], "getRoutingTablesLog": ["af"], "getSearchesLog": ["af"], "getNodeMessageStats": []},
    "ListenToken": {"__init__": []},
    "IndexValue": {"__init__": ["h", "vid"], "getKey": [], "getValueId": []},
    "Pht": {"__init__": ["name", "key_spec", "dht"], "MAX_NODE_ENTRY_COUNT": None, "lookup": ["key", "lookup_cb", "done_cb"],
            "insert": ["key", "value", "done_cb"]},
}

FUNCTIONS = {"4version": [], "4aesEncrypt": ["data", "password"], "4aesDecrypt": ["data", "password"]}
OTHERS = ["threading", "timedelta", "4__version__", "4_core"]

AIO = {
    "__init__": ["loop", "core", "config", "bootstrap"], "run": ["id", "is_bootstrap", "port", "ipv4", "ipv6", "config"],
    "bootstrap": ["host", "port"], "ping": ["addr"], "put": ["key", "val", "permanent"], "putSigned": ["key", "val", "permanent"],
    "putEncrypted": ["key", "to", "val", "permanent"], "get": ["key", "where", "filter"], "getAll": ["key", "where", "filter"],
    "getFirst": ["key", "where", "predicate", "filter"], "listen": ["key"], "cancelListen": ["listener"], "shutdown": [], "join": [],
    "__aenter__": [], "__aexit__": ["exc_type", "exc", "tb"], "__getattr__": ["name"],
}
AIO_NAMES = "InfoHash Value ValueType Where SockAddr PublicKey PkId DhtConfig Identity".split()


def named(table, version):
    """The table of 2 or 4, with plain names."""
    names = {name.lstrip("4"): value for name, value in table.items() if version == 4 or not name.startswith("4")}
    return {name: value if not isinstance(value, list)
            else [argument.lstrip("4") for argument in value if version == 4 or not argument.startswith("4")]
            for name, value in names.items()}
