"""Signs of life for those who run the server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import StorageUnavailable
from bot.helpline import Helpline
from bot.metrics import JOBS, exposition
from bot.storage.jobs import count_jobs


def status_routes(helpline: Helpline) -> list[Route]:
    """`/healthz` (200 while the database answers, else 503) and `/metrics` (Prometheus)."""

    async def healthz(_request: Request) -> Response:
        try:
            await helpline.storage.check()
        except StorageUnavailable as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def metrics(_request: Request) -> Response:
        try:
            async with helpline.storage.reading() as session:
                counts = await count_jobs(session)
        except StorageUnavailable:
            counts = {}
        for state in ("waiting", "failed"):
            JOBS.labels(state).set(counts.get(state, 0))
        return Response(exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/healthz", healthz), Route("/metrics", metrics)]
