"""Proxies and their clients, real ones and ours, in every direction that the network has."""

import asyncio
import http.client
import json
import signal
import socket
import urllib.request

from joining import connected, reference_shell
from peers import Shell, executable

# Life of a value of type 5 is a minute; deployed nodes tell of its end within some seconds.
SHORT_TYPE, SHORT_LIFE = 5, 60


async def everything(report):
    """Three pairs at once, each beside a node of 2.4.12 that knows nothing of proxies."""
    ours, theirs = executable("dhtnode"), reference_shell()
    await asyncio.gather(
        pair(report, "2.4.12's client on our server", server=ours, client=theirs, resumes_in=90),
        pair(report, "our client on 2.4.12's server", server=theirs, client=ours, resumes_in=30),
        pair(report, "our client on our server", server=ours, client=ours, resumes_in=30),
        cut_off(report))


async def pair(report, name, server, client, resumes_in):
    """Put, get, listen with an expiry, permanent and signed puts, and a server that is killed and comes back.

    proves: X-45 X-46 X-51 X-72 X-74
    """
    far = await Shell(reference_shell()).start()
    door = (await far.expect(r"running on (?:IPv4 )?port (\d+)")).group(1)
    port = free_port()
    arguments = (server, "-b", f"127.0.0.1:{door}", "--proxyserver", port)
    proxy = await Shell(*arguments).start()
    await connected(proxy, good=1)
    through = await Shell(client, "-i", "--proxyclient", f"127.0.0.1:{port}").start()
    check = lambda what, passed, detail="": report.check(f"{name}: {what}", passed, detail)
    try:
        await values(check, through, far)
        await changes(check, through, far, port)
        proxy = await server_comes_back(check, through, far, proxy, arguments, resumes_in)
    finally:
        check("the client lives to the end", through.is_running, " | ".join(through.errors[-3:]))
        for shell in (through, proxy, far):
            shell.write("x")
        await asyncio.gather(*(shell.end() for shell in (through, proxy, far)))


async def values(check, through, far):
    check("a put", await through.type("p proxied hello", r"Put: success", 60), tail(through))
    check("a node far away has the value", await far.type("g proxied", r'data\(text/plain\):"hello"'), tail(far))
    check("a get of it", await through.type("g proxied", r'data\(text/plain\):"hello"'), tail(through))
    check("a get of nothing ends", await through.type("g nothing-here", r"Get: completed.*total 0"), tail(through))
    check("a permanent put", await through.type("pp kept hello", r"Put: success"), tail(through))
    check("a node far away has it", await far.type("g kept", r'data\(text/plain\):"hello"'), tail(far))
    check("a signed put", await through.type("s signed hello", r"Put signed: success", 20), tail(through))
    check("a node far away verifies it", await far.type("g signed", r'signed.*data\(text/plain\):"hello"'), tail(far))


async def changes(check, through, far, port):
    await far.type("p heard before", r"Put: success")
    check("a listen tells what is there", await through.type("l heard", r'data\(text/plain\):"before"'), tail(through))
    check("and what comes, within 5 s", await told(through, far, "heard", "during"), tail(through))
    after = len(through.lines)
    await asyncio.to_thread(post, port, "heard", {"data": "c2hvcnQ=", "id": "77", "type": SHORT_TYPE})
    check("a value with a short life is told", await through.expect(r"id:0*4d", 10, after), tail(through))
    gone = await through.expect(r"Listen: found 1 values expired", SHORT_LIFE + 30, after)
    check("and told as expired", gone, tail(through))


async def server_comes_back(check, through, far, proxy, arguments, resumes_in):
    """The server is killed; what changes meanwhile arrives after it is back, and so does what comes then."""
    proxy.process.send_signal(signal.SIGKILL)
    await proxy.end()
    await far.type("p heard meanwhile", r"Put: success")
    await asyncio.sleep(3)
    after = len(through.lines)
    proxy = await Shell(*arguments).start()
    await connected(proxy, good=1)
    began = asyncio.get_running_loop().time()
    # A client of 2.4.12 looks whether its proxy is back once a minute, and at once when one of its requests fails.
    found = await through.expect(r'data\(text/plain\):"meanwhile"', resumes_in, after)
    took = asyncio.get_running_loop().time() - began
    check(f"what changed while the server was dead is told within {resumes_in} s of its return ({took:.1f} s)", found, tail(through))
    check("the listen goes on", await told(through, far, "heard", "afterwards"), tail(through))
    check("a put after that", await through.type("p again hello", r"Put: success", 20), tail(through))
    check("and its get", await through.type("g again", r'data\(text/plain\):"hello"'), tail(through))
    return proxy


async def cut_off(report, seconds=120):
    """The only node that the server knows stops for two minutes: the server says so, refuses at once, and comes back."""
    far = await Shell(reference_shell()).start()
    door = (await far.expect(r"running on (?:IPv4 )?port (\d+)")).group(1)
    port = free_port()
    proxy = await Shell(executable("dhtnode"), "-b", f"127.0.0.1:{door}", "--proxyserver", port).start()
    ask = lambda method, path, body=None: asyncio.to_thread(request, port, method, path, body)
    check = lambda what, passed, detail="": report.check(f"a server that is cut off: {what}", passed, detail)
    try:
        ready = await until(lambda: ask("GET", "/readyz"), lambda answer: answer[0] == 200, 20)
        check("it is ready before", ready[0] == 200, ready)
        through = await Shell(executable("dhtnode"), "--proxyclient", f"127.0.0.1:{port}").start()
        await through.type("l heard", r"Listening, token")
        far.process.send_signal(signal.SIGSTOP)
        began = asyncio.get_running_loop().time()
        elapsed = lambda: asyncio.get_running_loop().time() - began
        # What clients ask for is what shows the node that nobody answers any more.
        lost = await until(lambda: ask("GET", "/key/anything"), lambda answer: answer[0] == 503, 60)
        check(f"a get is refused with its reason ({elapsed():.0f} s)", lost[0] == 503 and b"err" in lost[1], lost)
        ready = await until(lambda: ask("GET", "/readyz"), lambda answer: answer[0] == 503, 30)
        check(f"it is not ready ({elapsed():.0f} s)", ready[0] == 503 and b"cut off" in ready[1], ready)
        refused_at = elapsed()
        refused = await ask("POST", "/key/anything", b'{"data":"aGVsbG8="}')
        check("a put is refused within 10 s", refused[0] == 503 and elapsed() - refused_at < 10, refused)
        check("it lives", (await ask("GET", "/healthz"))[0] == 200)
        await asyncio.sleep(max(0, seconds - elapsed()))
        far.process.send_signal(signal.SIGCONT)
        ready = await until(lambda: ask("GET", "/readyz"), lambda answer: answer[0] == 200, 60)
        check("it is ready again", ready[0] == 200, ready)
        stored = await until(lambda: ask("POST", "/key/heard", b'{"data":"YmFjaw=="}'), lambda answer: answer[0] == 200, 20)
        check("a put is stored", stored[0] == 200, stored)
        check("the listen from before tells of it", await through.expect(r"Listen: found 1 values", 20), tail(through))
        through.write("x")
        await through.end()
    finally:
        far.process.send_signal(signal.SIGCONT)
        for shell in (proxy, far):
            shell.write("x")
        await asyncio.gather(*(shell.end() for shell in (proxy, far)))


async def until(ask, is_enough, seconds):
    """Asks until the answer is enough, or the time is over; the last answer."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await ask()
        if is_enough(answer) or asyncio.get_running_loop().time() > end:
            return answer
        await asyncio.sleep(0.5)


def request(port, method, path, body=None):
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        asked.request(method, path, body)
        answer = asked.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error).encode()
    finally:
        asked.close()


async def told(through, far, key, word):
    after = len(through.lines)
    await far.type(f"p {key} {word}", r"Put: success")
    return await through.expect(rf'data\(text/plain\):"{word}"', 5, after)


def post(port, key, value):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/key/{key}", json.dumps(value).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def tail(shell):
    return " | ".join([*shell.lines[-4:], *shell.errors[-2:]])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
