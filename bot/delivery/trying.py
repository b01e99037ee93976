"""How often, how long and how soon again something is tried that goes to a partner."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bot.errors import ChannelError, StorageUnavailable

FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 3600.0
MAX_ATTEMPTS: Final = 30
# Shorter than the lease of a job, so that a partner's server that hangs never lets a second worker try as well.
PATIENCE_S: Final = 20.0


@contextmanager
def as_channel_errors() -> Iterator[None]:
    """Let whatever goes wrong in the block come out as ChannelError or StorageUnavailable: a fault of ours must not
    lose what was to be delivered, nor stop the others."""
    try:
        yield
    except (ChannelError, StorageUnavailable):
        raise
    except TimeoutError as error:
        raise ChannelError(f"no answer within {PATIENCE_S:.0f} s", permanent=False) from error
    except Exception as error:
        raise ChannelError(f"a fault of ours: {type(error).__name__}", permanent=False) from error


def wait_before_retry(error: ChannelError, attempts: int) -> dt.timedelta:
    """How long to wait after `error`, with `attempts` before it. What failed together must not come back together,
    nor sooner than was asked."""
    wait_s = error.wait_s(attempts, FIRST_RETRY_S, LONGEST_RETRY_S)
    return dt.timedelta(seconds=wait_s * random.uniform(1.0, 1.3))  # noqa: S311
