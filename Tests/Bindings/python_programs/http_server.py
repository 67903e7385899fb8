"""A front end of the network: GET and POST of values under a key. As tools.md §12.2 tells of http_server.py."""

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import opendht as dht

options = argparse.ArgumentParser()
options.add_argument("-p", "--port", type=int, default=4222)
options.add_argument("-hp", "--http-port", type=int, default=8080)
options.add_argument("-b", "--bootstrap", default="bootstrap.jami.net:4222")
arguments = options.parse_args()

node = dht.DhtRunner()
node.run(port=arguments.port)
node.bootstrap(*arguments.bootstrap.split(":"))


def key_of(path):
    text = path.strip("/")
    return dht.InfoHash(text.encode()) if len(text) == 40 else dht.InfoHash.get(text)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        where = dht.Where()
        for name, (text, *_) in parse_qs(address.query).items():
            {"id": lambda: where.id(int(text)), "user_type": lambda: where.userType(text),
             "value_type": lambda: where.valueType(int(text)), "seq": lambda: where.seq(int(text)),
             "owner": lambda: where.owner(dht.InfoHash(text.encode()))}[name]()
        found = node.get(key_of(address.path), where=where)
        self.answer(200, {"%x" % value.id: {"base64": base64.b64encode(value.data).decode()} for value in found})

    def do_POST(self):
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if "data" in fields:
            data = fields["data"][0].encode()
        elif "base64" in fields:
            data = base64.b64decode(fields["base64"][0])
        else:
            return self.answer(400, {"success": False, "error": "no data parameter"})
        value = dht.Value(data)
        if "user_type" in fields:
            value.user_type = fields["user_type"][0]
        if "id" in fields:
            value.id = int(fields["id"][0])
        self.answer(200, {"success": node.put(key_of(self.path), value)})

    def answer(self, code, content):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", arguments.http_port), Handler)
print("serving", server.server_port, flush=True)
server.serve_forever()
