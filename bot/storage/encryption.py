"""Case text, conversation states and addresses are encrypted at rest; conversations are keyed by a hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Dialect

from bot.errors import TomoniError
from bot.messages import ConversationKey

_FORMAT: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class Cipher:
    """AES-256-GCM under one secret. A value reads: format, key id, nonce, ciphertext with tag."""

    def __init__(self, secret: str) -> None:
        self._hash_key = hashlib.blake2b(secret.encode(), person=b"tomoni-address").digest()
        key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"tomoni-encrypt").digest()
        self._key_id = hashlib.blake2b(key, digest_size=_KEY_ID_BYTES, person=b"tomoni-keyid").digest()
        self._aead = AESGCM(key)

    def encrypt(self, text: str, column: str) -> bytes:
        """`text` as it is stored in `column` (table.column), which it cannot be moved out of."""
        return self.encrypt_bytes(text.encode(), column)

    def encrypt_bytes(self, content: bytes, column: str) -> bytes:
        """The same for the content of a file."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, content, column.encode())
        return _FORMAT + self._key_id + nonce + sealed

    def decrypt(self, value: bytes, column: str) -> str:
        """The text behind `value`. Raises TomoniError if another secret wrote it or it was tampered with."""
        return self.decrypt_bytes(value, column).decode()

    def decrypt_bytes(self, value: bytes, column: str) -> bytes:
        """The same for the content of a file."""
        head = len(_FORMAT) + _KEY_ID_BYTES
        if value[len(_FORMAT) : head] != self._key_id:
            raise TomoniError(
                f"{column} was written under another TOMONI_SECRET_KEY; start with the key this database was made with"
            )
        try:
            return self._aead.decrypt(value[head : head + _NONCE_BYTES], value[head + _NONCE_BYTES :], column.encode())
        except InvalidTag as error:
            raise TomoniError(f"a value in {column} was changed from outside") from error

    def hash_key(self, key: ConversationKey) -> str:
        """What a conversation is found by: 64 hexadecimal digits that do not give the person's id away."""
        material = "\x1f".join((key.channel, key.bot, key.chat)).encode()
        return hmac.new(self._hash_key, material, hashlib.sha256).hexdigest()


_BY_DIALECT: WeakKeyDictionary[Dialect, Cipher] = WeakKeyDictionary()


def use_cipher(dialect: Dialect, cipher: Cipher) -> None:
    """Let the encrypted columns of the engine that `dialect` belongs to use `cipher`."""
    _BY_DIALECT[dialect] = cipher


def cipher_of(dialect: Dialect) -> Cipher:
    """The cipher of the engine `dialect` belongs to. Raises KeyError where none was set."""
    return _BY_DIALECT[dialect]


def load_or_create_secret(path: Path) -> str:
    """The secret kept in `path`, made on first use and readable by its owner only.

    Raises TomoniError if the file can neither be read nor written.
    """
    try:
        if path.exists():
            return path.read_text(encoding="ascii").strip()
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
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise TomoniError(
            f"{path}: the secret key can neither be read nor made ({error.strerror}); set TOMONI_SECRET_KEY"
        ) from error
    return secret
