#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A wire with a length: frames from one interface leave by the other MS milliseconds later.

delay.py IFACE1 IFACE2 MS      prints "ready"; until it is killed
"""
import collections
import select
import socket
import sys
import time

ETH_P_ALL, PACKET_OUTGOING = 3, 4


def opened(iface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((iface, 0, ETH_P_ALL))
    sock.setblocking(False)
    return sock


def take(sock, other, queue, delay):
    while True:
        try:
            frame, address = sock.recvfrom(65536)
        except BlockingIOError:
            return
        if address[2] != PACKET_OUTGOING:
            queue.append((time.monotonic() + delay, other, frame))


def main(first, second, delay_ms):
    ends = opened(first), opened(second)
    queue, delay = collections.deque(), float(delay_ms) / 1000
    print("ready", flush=True)
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else None
        for sock in select.select(ends, [], [], wait)[0]:
            take(sock, ends[sock is ends[0]], queue, delay)
        while queue and queue[0][0] <= time.monotonic():
            _, other, frame = queue.popleft()
            other.send(frame)


if __name__ == "__main__":
    main(*sys.argv[1:])
