"""Detects keys and credentials by name. They are not uploaded unless the operator allows it."""

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["is_sensitive_name"]

_NAMES = (
    # settings with passwords in them
    ".env*", "*.env", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd",
    ".dockercfg", ".my.cnf", ".s3cfg", ".boto", ".vault-token", ".databrickscfg", ".terraformrc", "kubeconfig",
    "rclone.conf", "credentials.json", "application_default_credentials.json", "service-account*.json",
    "service_account*.json", "client_secret*.json", "*.tfstate", "*.tfstate.backup", "*.tfvars", "shadow", "gshadow",
    "shadow-", "gshadow-",
    # keys
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "ssh_host_*_key", "*.pem", "*.key", "*.p8", "*.p12", "*.pfx",
    "*.pkcs12", "*.jks", "*.jceks", "*.keystore", "*.ppk", "*.ovpn", "secring.*", "*private*.gpg", "*private*.asc",
    "*private*.pgp", "*secret*.gpg", "*secret*.asc", "*secret*.pgp", "*_sec.asc",
    # password stores and wallets
    "*.kdb", "*.kdbx", "*.psafe3", "*.agilekeychain", "*.opvault", "*.1pux", "*.keychain", "*.keychain-db",
    "*.kwallet", "wallet.dat", "*.wallet", "utc--*--*",
    # browser data
    "login data*", "web data", "cookies", "cookies-journal", "cookies.sqlite*", "cookies.binarycookies", "logins.json",
    "logins-backup.json", "key3.db", "key4.db", "signons.sqlite", "formhistory.sqlite",
    # shell histories
    ".*_history", ".*history", "fish_history", "consolehost_history.txt",
)  # fmt: skip
_HARMLESS = ("*.pub", "*.example", "*.sample", "*.template", "*.dist")
_COPY_ENDINGS = frozenset({"bak", "backup", "old", "orig", "save", "swp", "tmp"})
_LONGEST_COPY_ENDING = 8
_FOLDERS = frozenset(
    {".ssh", ".aws", ".gnupg", ".azure", ".kube", ".docker", ".password-store", ".electrum", ".bitcoin", ".ethereum"}
)
_PATHS = (
    "*/.config/gh/*", "*/.config/hub", "*/.config/gcloud/*", "*/.config/op/*", "*/.cargo/credentials*",
    "*/.gem/credentials", "*/.terraform.d/*", "*/.local/share/keyrings/*", "*/library/keychains/*",
    "*/.mozilla/firefox/*", "*/.config/google-chrome*/*", "*/.config/chromium/*", "*/.config/bravesoftware/*",
    "*/.config/microsoft-edge*/*", "*/library/application support/google/chrome/*", "*/library/cookies/*",
    "*/library/application support/firefox/*", "*/library/application support/bravesoftware/*",
    "*/library/application support/microsoft edge/*", "*/library/safari/*", "*/google/chrome/user data/*",
    "*/microsoft/edge/user data/*",
)  # fmt: skip


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


_NAMES_KEPT = 1024
_IS_NAME, _IS_HARMLESS, _IS_PATH = _any_of(_NAMES), _any_of(_HARMLESS), _any_of(_PATHS)


@lru_cache(_NAMES_KEPT)
def is_sensitive_name(path: str) -> bool:
    """Whether a path is typical of keys and credentials; backups (`.bak`, `~`) count like their originals.

    The latest answers are kept: a file of a folder is looked at when it is counted, when it is listed and when it is
    opened.
    """
    lowered = path.lower().strip("/")
    *folders, name = lowered.split("/")
    if not _FOLDERS.isdisjoint(folders) or _IS_PATH.match(f"/{lowered}"):
        return True
    if _IS_HARMLESS.match(name):
        return False
    if _IS_NAME.match(name):
        return True
    original = _without_copy_endings(name)
    return original != name and _IS_NAME.match(original) is not None


def _without_copy_endings(name: str) -> str:
    """A name without backup endings such as `.bak`, `.1` and `~`."""
    end = len(name)
    while True:
        if name.endswith("~", 0, end):
            end -= 1
            continue
        dot = name.rfind(".", max(0, end - _LONGEST_COPY_ENDING - 1), end)
        ending = name[dot + 1 : end]
        if dot < 0 or not (ending in _COPY_ENDINGS or ending.isdecimal()):
            return name[:end]
        end = dot
