"""Packs orders until SIGTERM; then finishes the order at hand, writes /data/closed and ends."""

import os
import pathlib
import signal
import sys
import threading
import time

stop = threading.Event()


def close(number, frame):
    print("worker.py: SIGTERM, closing", flush=True)
    stop.set()


signal.signal(signal.SIGTERM, close)
shop = os.environ.get("SHOP")
if not shop or not pathlib.Path("/data").is_dir():
    sys.exit("worker.py: SHOP is not set, or there is no /data")
print(f"worker.py: open for {shop}, process {os.getpid()}", flush=True)
orders = 0
while not stop.wait(0.1):
    time.sleep(0.1)
    orders += 1
time.sleep(0.2)
pathlib.Path("/data/closed").write_text(f"{shop} {orders} {os.environ.get('TICKET', '')}\n")
print(f"worker.py: closed after {orders} orders", flush=True)
