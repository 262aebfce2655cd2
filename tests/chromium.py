"""A real browser in a network of its own.

Each container that starts or ends changes the machine's network, and Chromium then gives up what it is loading
(ERR_NETWORK_CHANGED). In a network of its own nothing changes; what listens on this machine's loopback is brought in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from environment.engines.namespace import kernel

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
T = TypeVar("T")


class Chromium:
    """A browser and the network that it sees: `network` is its file descriptor, or None for this machine's."""

    def __init__(self, browser: Browser, network: int | None, loop: asyncio.AbstractEventLoop) -> None:
        self.browser = browser
        self.network = network
        self.loop = loop
        self.ports: set[int] = set()

    def open(self, url: str, *, width: int = 1280) -> Page:
        """A new page at an address of this machine."""
        self.bring_in(urlsplit(url).port)
        page = self.browser.new_page(viewport={"width": width, "height": 900})
        page.goto(url)
        return page

    def bring_in(self, port: int | None) -> None:
        """Let the browser reach a port of this machine's loopback."""
        if self.network is None or port is None or port in self.ports:
            return
        self.ports.add(port)
        listener = in_a_thread(lambda: listen(self.network, port))
        serving = asyncio.start_server(lambda *ends: pass_on(port, *ends), sock=listener)
        asyncio.run_coroutine_threadsafe(serving, self.loop).result()


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser for the time of the block. Only root can give it a network of its own."""
    with tempfile.TemporaryDirectory(prefix="drydock-chromium-") as folder, contextlib.ExitStack() as stack:
        program, network = PROGRAM, None
        if PROGRAM and os.geteuid() == 0:
            network = in_a_thread(new_network)
            stack.callback(os.close, network)
            program = Path(folder) / "chromium"
            program.write_text(f'#!/bin/sh\nexec nsenter --net=/proc/{os.getpid()}/fd/{network} {PROGRAM} "$@"\n')
            program.chmod(0o755)
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        stack.callback(loop.call_soon_threadsafe, loop.stop)
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(playwright.chromium.launch(executable_path=program, args=FLAGS))
        yield Chromium(browser, network, loop)


def in_a_thread(call: Callable[[], T]) -> T:
    """What a call returns in a thread of its own: it may change the thread's network."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def new_network() -> int:
    kernel.unshare(kernel.NEW_NETWORK)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def listen(network: int, port: int) -> socket.socket:
    """A socket stays in the network in which it was made."""
    kernel.enter(network, kernel.NEW_NETWORK)
    return socket.create_server(("127.0.0.1", port))


async def pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand a connection on to the port of this machine."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        target.write_eof()

    with contextlib.suppress(OSError), contextlib.closing(writer):
        there: tuple[Any, Any] = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.closing(there[1]):
            await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))
