# SPDX-License-Identifier: MIT
"""bad_docker.py KIND SOCKET: a container runtime that misbehaves.

KIND: babbles (its list is no JSON), refuses (500), floods (a list of 1 GB), hangs, guards (as
proxies do that allow lists alone: no events).
"""
import socketserver
import sys
import time

KIND, PATH = sys.argv[1:]
ITEM = b'{"Id":"%064x","Names":["/x"],"Labels":{"a":"' + b"x" * 60000 + b'"}},'


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, body=b""):
        self.wfile.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    def flood(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n[")
        for i in range(16000):
            self.wfile.write(ITEM % i)

    def handle(self):
        while True:
            line = self.rfile.readline()
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            if not line:
                return
            if KIND == "hangs":
                time.sleep(60)
            elif KIND == "refuses":
                self.answer(b"500 Internal Server Error")
            elif b"/version" in line:
                self.answer(b"200 OK", b'{"Components":[{"Name":"Engine"}]}')
            elif KIND == "guards":
                if b"/events" in line:
                    self.answer(b"403 Forbidden", b"<html>403 Forbidden</html>")
                else:
                    self.answer(b"200 OK", b"[]")
            elif b"/events" in line:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                time.sleep(60)
            elif KIND == "babbles":
                self.answer(b"200 OK", b"<html>%s</html>" % (b"\x00\xff" * 1000))
            else:
                self.flood()


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


Server(PATH, Handler).serve_forever()
