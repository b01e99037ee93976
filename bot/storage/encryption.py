"""Case text, conversation states and addresses are encrypted at rest; conversations are keyed by a hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Dialect

from bot.errors import TomoniError
from bot.messages import ConversationKey
from bot.settings import SHORTEST_KEY

_FORMAT: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
HEAD_BYTES: Final = len(_FORMAT) + _KEY_ID_BYTES


class _Key:
    """What is derived from one secret."""

    def __init__(self, secret: str) -> None:
        self.for_hashes = hashlib.blake2b(secret.encode(), person=b"tomoni-address").digest()
        key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"tomoni-encrypt").digest()
        self.id = hashlib.blake2b(key, digest_size=_KEY_ID_BYTES, person=b"tomoni-keyid").digest()
        self.aead = AESGCM(key)

    def hash(self, key: ConversationKey) -> str:
        material = "\x1f".join((key.channel, key.bot, key.chat)).encode()
        return hmac.new(self.for_hashes, material, hashlib.sha256).hexdigest()


class Cipher:
    """AES-256-GCM under one secret, reading what was written under previous ones as well. A value reads: format, key
    id, nonce, ciphertext with tag."""

    def __init__(self, secret: str, previous: Sequence[str] = ()) -> None:
        """`previous` are the secrets used before, the newest first."""
        self._current = _Key(secret)
        self._previous = [key for key in map(_Key, previous) if key.id != self._current.id]
        self._by_id = {key.id: key for key in (self._current, *self._previous)}

    @property
    def key_id(self) -> str:
        """The current key's name: eight hexadecimal digits that tell nothing about it."""
        return self._current.id.hex()

    def encrypt(self, text: str, column: str) -> bytes:
        """`text` as it is stored in `column` (table.column), which it cannot be moved out of."""
        return self.encrypt_bytes(text.encode(), column)

    def encrypt_bytes(self, content: bytes, column: str) -> bytes:
        """The same for the content of a file."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._current.aead.encrypt(nonce, content, column.encode())
        return self.current_head + nonce + sealed

    def decrypt(self, value: bytes, column: str) -> str:
        """The text behind `value`. Raises TomoniError if an unknown secret wrote it or it was tampered with."""
        return self.decrypt_bytes(value, column).decode()

    def decrypt_bytes(self, value: bytes, column: str) -> bytes:
        """The same for the content of a file."""
        key = self._by_id.get(value[len(_FORMAT) : HEAD_BYTES])
        if key is None:
            raise unknown_key(column)
        nonce, sealed = value[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES], value[HEAD_BYTES + _NONCE_BYTES :]
        try:
            return key.aead.decrypt(nonce, sealed, column.encode())
        except InvalidTag as error:
            raise TomoniError(f"a value in {column} was changed from outside") from error

    @property
    def current_head(self) -> bytes:
        """The HEAD_BYTES that what is encrypted now begins with."""
        return _FORMAT + self._current.id

    def can_read(self, head: bytes) -> bool:
        """Whether a value that begins with `head` was written under one of the secrets known here."""
        return head[: len(_FORMAT)] == _FORMAT and head[len(_FORMAT) :] in self._by_id

    def hash_key(self, key: ConversationKey) -> str:
        """What a conversation is found by: 64 hexadecimal digits that do not give the person's id away."""
        return self._current.hash(key)

    def hashes(self, key: ConversationKey) -> list[str]:
        """What a conversation may be found by: `hash_key`, then the same under the previous secrets, newest first."""
        return [self.hash_key(key), *(previous.hash(key) for previous in self._previous)]


def unknown_key(column: str) -> TomoniError:
    """What to say where a value of `column` was written under a secret that is not set."""
    return TomoniError(
        f"{column} was written under another TOMONI_SECRET_KEY; start with the key this database was made with, or "
        "name that one in TOMONI_PREVIOUS_SECRET_KEYS. Nothing was changed."
    )


_BY_DIALECT: WeakKeyDictionary[Dialect, Cipher] = WeakKeyDictionary()


def use_cipher(dialect: Dialect, cipher: Cipher) -> None:
    """Let the encrypted columns of the engine that `dialect` belongs to use `cipher`."""
    _BY_DIALECT[dialect] = cipher


def cipher_of(dialect: Dialect) -> Cipher:
    """The cipher of the engine `dialect` belongs to. Raises KeyError where none was set."""
    return _BY_DIALECT[dialect]


def load_or_create_secret(path: Path) -> str:
    """The secret kept in `path`, made on first use and readable by its owner only.

    Raises TomoniError if the file can neither be read nor written, or holds no key.
    """
    try:
        if path.exists():
            return _kept_secret(path)
        secret = secrets.token_hex(32)
        # Written aside and linked into place whole: a second server that starts now must not read half of it.
        partial = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secret + "\n")
            os.link(partial, path)
        finally:
            partial.unlink()
    except FileExistsError:
        return _kept_secret(path)
    except OSError as error:
        raise TomoniError(
            f"{path}: the secret key can neither be read nor made ({error.strerror}); set TOMONI_SECRET_KEY"
        ) from error
    return secret


def _kept_secret(path: Path) -> str:
    secret = path.read_bytes().decode("ascii", "replace").strip()
    if len(secret) < SHORTEST_KEY:
        raise TomoniError(f"{path}: holds no key; put the file back from a copy, or set TOMONI_SECRET_KEY")
    return secret
