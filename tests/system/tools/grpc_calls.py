# SPDX-License-Identifier: MIT
"""grpc_calls.py ADDRESS [FOLDER]: python3-grpcio as a client of tests/system/grpc_tool.

With FOLDER: by TLS, with the certificates that are in there. Prints
"got<TAB>wanted<TAB>description".
"""
import os
import sys
import time

os.environ["GRPC_VERBOSITY"] = "NONE"
import grpc  # noqa: E402

ADDRESS = sys.argv[1]
ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def raw(b):
    return b


def say(got, wanted, what):
    print("%s\t%s\t%s" % (got, wanted, what), flush=True)


def unary(ch, name):
    return ch.unary_unary("/test.Test/" + name, raw, raw)


def stream(ch, name="Stream"):
    return ch.unary_stream("/test.Test/" + name, raw, raw)


def outcome(call, *args, **kw):
    """What came, or CODE details."""
    try:
        return call(*args, **{"timeout": 20, **kw})
    except grpc.RpcError as e:
        return "%s %s" % (e.code().name, e.details())


def plain():
    ch = grpc.insecure_channel(ADDRESS, options=ANY_SIZE)
    echo = unary(ch, "Echo")
    say(outcome(echo, b"hello"), b"hello", "unary")
    say(outcome(echo, b""), b"", "an empty message")
    big = os.urandom(1000000) * 4
    say(outcome(echo, big) == big, True, "a message of 4 MB, both ways")
    say(outcome(echo, b"x" * (5 << 20)).split()[0], "RESOURCE_EXHAUSTED", "a message that is too long")
    say(outcome(echo, b"after it"), b"after it", "the connection goes on")
    say(outcome(unary(ch, "Nope"), b""), "UNIMPLEMENTED unknown method /test.Test/Nope", "unknown method")
    say(repr(outcome(unary(ch, "Fail"), "5 nichts da: 100 %, \u00fc\n".encode())),
        repr("NOT_FOUND nichts da: 100 %, \u00fc\n"), "a status, a message with other than ASCII")
    say(outcome(unary(ch, "Fail"), b"7 "), "PERMISSION_DENIED ", "a status without a message")
    say(outcome(unary(ch, "Meta"), b"x-hello", metadata=[("x-hello", "wor ld")]).split(b"|")[0],
        b"wor ld", "metadata")
    say(outcome(echo, b"y" * 5000, compression=grpc.Compression.Gzip).split()[0],
        "UNIMPLEMENTED", "a compressed message")
    begin = time.time()
    say(outcome(unary(ch, "Silent"), b"", timeout=0.3).split()[0], "DEADLINE_EXCEEDED", "a deadline")
    say(0.25 < time.time() - begin < 3, True, "which is kept")
    say(len(list(stream(ch)(b"20000 300", timeout=30))), 20000, "a stream of 20,000 messages")
    say(list(stream(ch)(b"0 1", timeout=10)), [], "a stream of none")
    call = stream(ch)(b"1000000000 300", timeout=30)
    next(call)
    call.cancel()
    say(outcome(echo, b"still"), b"still", "after a stream was cancelled")
    calls = [stream(ch)(b"50 300", timeout=60) for _ in range(1000)]
    say(sum(len(list(c)) for c in calls), 50000, "1,000 streams at once")
    futures = [echo.future(b"%d" % i, timeout=60) for i in range(1000)]
    say([f.result() for f in futures] == [b"%d" % i for i in range(1000)], True, "1,000 calls at once")
    chat = ch.stream_stream("/test.Test/Chat", raw, raw)
    texts = [b"a", b"", b"c" * 100000, b"d"]
    say(list(chat(iter(texts), timeout=10)) == texts, True, "streams both ways")
    say(len(list(chat(iter([b"z" * 1000] * 3000), timeout=20))), 3000, "many messages both ways")
    say(outcome(ch.stream_unary("/test.Test/Echo", raw, raw), iter([b"a", b"b"])).split()[0],
        "UNIMPLEMENTED", "two messages to a method of one")
    say(outcome(ch.stream_unary("/test.Test/Echo", raw, raw), iter([])).split()[0],
        "UNIMPLEMENTED", "none to a method of one")


def encrypted(folder):
    def read(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    def ask(ca, cert, name="localhost"):
        pair = (read(cert + ".key"), read(cert + ".crt")) if cert else (None, None)
        creds = grpc.ssl_channel_credentials(read(ca + ".crt"), *pair)
        with grpc.secure_channel(ADDRESS, creds, options=[("grpc.ssl_target_name_override", name)]) as ch:
            got = outcome(unary(ch, "Meta"), b"x", timeout=5)
            return got.split()[0] if isinstance(got, str) else got[got.rindex(b" "):]

    say(ask("good", "client"), b" (CN=client)", "TLS with a client's certificate, which names it")
    say(ask("good", None), "UNAVAILABLE", "TLS without a client's certificate")
    say(ask("good", "stranger"), "UNAVAILABLE", "a certificate of another CA")
    say(ask("good", "expired"), "UNAVAILABLE", "an expired certificate")
    say(ask("good", "future"), "UNAVAILABLE", "a certificate that is not valid yet")
    say(ask("other", "client"), "UNAVAILABLE", "a client that trusts another CA")
    say(ask("good", "client", "elsewhere"), "UNAVAILABLE", "a client that expects another name")
    with grpc.insecure_channel(ADDRESS) as ch:
        say(outcome(unary(ch, "Echo"), b"x", timeout=5).split()[0], "UNAVAILABLE", "a plain client to TLS")
    say(ask("good", "client"), b" (CN=client)", "and a good one after all of these")


if len(sys.argv) > 2:
    encrypted(sys.argv[2])
else:
    plain()
