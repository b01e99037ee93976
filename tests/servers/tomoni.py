"""`tomoni serve` as a process of its own, as an operator starts it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# The first start over a knowledge base nobody has built learns its phrases.
START_TIMEOUT_S = 240


class TomoniServer:
    """A server on a free port, over its own database file unless `environment` names another."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """`environment`: further TOMONI_ settings, without the prefix and in lower case."""
        self._folder = folder
        self._environment = {
            "port": "0",
            "database_url": f"sqlite+aiosqlite:///{folder}/tomoni.db",
            "knowledge_base": str(ROOT / "knowledge_base"),
            "cache_dir": str(ROOT / ".cache"),
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.output: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> TomoniServer:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait for the line that names its address."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], cwd=self._folder, env=self._settings(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        if wait:
            self.url = self.wait_for_line("Tomoni is ready: ").partition("Tomoni is ready: ")[2].strip()

    def command(self, *arguments: str) -> str:
        """What another `tomoni` command prints, over the same database; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments], cwd=self._folder, env=self._settings(), check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    def _settings(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TOMONI_")}
        own = {f"TOMONI_{name.upper()}": value for name, value in self._environment.items()}
        return {**inherited, **own, "PYTHONPATH": str(ROOT)}

    def wait_for_line(self, part: str, timeout_s: float = START_TIMEOUT_S) -> str:
        """The first line of output, from now on, that holds `part`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=0.2)
            except queue.Empty:
                if self.process is not None and self.process.poll() is not None:
                    break
                continue
            if part in line:
                return line
        raise AssertionError(f"{part!r} was not printed; the output was:\n" + "".join(self.output))

    def kill(self) -> None:
        """Pull the plug."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Stop it as an operator does. Returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            self._lines.put(line)
