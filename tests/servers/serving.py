"""Our own routes over real HTTP, in the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute


@contextlib.asynccontextmanager
async def serving(routes: Sequence[BaseRoute], log_level: str = "warning") -> AsyncIterator[str]:
    """Serve `routes` on a free port of loopback; gives the address."""
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level=log_level, lifespan="off"))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 (uvicorn offers no event)
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    with contextlib.suppress(asyncio.CancelledError):
        await running
