"""Everything that the store may refuse or fail at; it never carries a person's text or a key.

The docstring of an error is its message; the names in braces are filled in where it is raised.
"""


class StorageError(Exception):
    """The store could not do what was asked of it."""

    def __init__(self, **details: object) -> None:
        template = " ".join((type(self).__doc__ or "").split())
        super().__init__(template.format(**details))


class FolderMissing(StorageError):
    """The folder {path} does not exist. Create it, then start again."""


class Unwritable(StorageError):
    """{path} cannot be written ({reason}). Nothing was changed."""


class NothingThere(StorageError):
    """There is no database {path}. Check the settings, or start the bot once."""


class StoreInUse(StorageError):
    """{path} is in use by another program. Stop that one first. Nothing was changed."""


class NotOurs(StorageError):
    """{path} is not a file of this program. Nothing was changed."""


class Damaged(StorageError):
    """{path} is damaged ({reason}). Restore it from a backup."""


class NewerSchema(StorageError):
    """{path} has schema {found}, but this version knows up to {known}. Nothing was changed.

    Start the newer version, or restore the backup made before the upgrade.
    """


class DatabaseMissing(StorageError):
    """{path} is missing, though {keys} holds keys for it. Nothing was changed.

    Restore the database, or move the key file away to start with an empty one.
    """


class KeysMissing(StorageError):
    """The key file {path} is missing; without it the database cannot be read.

    Restore it from its backup. Nothing was changed.
    """


class KeysBusy(StorageError):
    """Another program reads {path}: the key is deleted, but its bytes may still be in the file.

    Stop that program, then erase again.
    """


class SchemaBehind(StorageError):
    """{path} was made by an earlier version. Start the bot once; it brings it up to date."""


class WrongMasterKey(StorageError):
    """The master key does not fit {path}. Nothing was changed."""


class MasterKeyMissing(StorageError):
    """There is no master key at {path}."""


class MasterKeyExists(StorageError):
    """There is a master key at {path} already. It was left as it is."""


class MasterKeyExposed(StorageError):
    """The master key at {path} can be reached by other users. Give it mode 0600."""


class MasterKeyMalformed(StorageError):
    """The master key is not {size} bytes, written as base64."""


class MigrationsUnusable(StorageError):
    """{path} does not hold migrations numbered from 0001 without a gap."""


class MigrationChanged(StorageError):
    """Migration {number:04} differs from the one that {path} was made with. Nothing was changed."""


class MigrationFailed(StorageError):
    """Migration {number:04} failed on {path} ({reason}). It was rolled back."""


class BackupFailed(StorageError):
    """The backup {path} could not be made ({reason}). Nothing else was changed."""


class StoreClosed(StorageError):
    """The store is closed."""


class CommitFailed(StorageError):
    """The change could not be written ({reason}). Nothing of it was kept."""


class TransactionLost(StorageError):
    """The transaction ended before its time. Nothing more can be written in it."""


class Erased(StorageError):
    """The key of {kind} {owner} is gone; what it sealed cannot be read again."""


class Tampered(StorageError):
    """A sealed value does not belong where it stands ({place})."""
