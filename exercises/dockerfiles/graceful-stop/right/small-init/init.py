"""A process 1 that starts its arguments, passes SIGTERM on, and ends as they end."""

import signal
import subprocess
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
child = subprocess.Popen(sys.argv[1:], preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM}))
signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
sys.exit(child.wait())
