"""The private key that signs in."""

import os
from pathlib import Path

import asyncssh

from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret

_OTHERS = 0o077


def read_key(path: Path, passphrase: Secret) -> asyncssh.SSHKey:
    """A private key from its file.

    Raises:
        ConfigurationError: it is not there, not a key, needs another passphrase, or others of this
            machine may read it.
    """
    try:
        if os.name == "posix" and path.stat().st_mode & _OTHERS:
            msg = f"Others may read the key file {path}. Take the rights away: chmod go-rwx {path}"
            raise ConfigurationError(msg)
        return asyncssh.read_private_key(path, passphrase.reveal() or None)
    except OSError as error:
        msg = f"The key file {path} cannot be read: {error.strerror}."
        raise ConfigurationError(msg) from error
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as error:
        msg = f"The key file {path} cannot be used: {error}. Check the file and its passphrase."
        raise ConfigurationError(msg) from error
