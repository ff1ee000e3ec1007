"""What is not handed over unless the operator says so: keys and credentials, told by name and by content."""

import fnmatch
import re

from files_api_mcp.backends.errors import SensitiveFile

__all__ = ["is_sensitive_name", "refuse_sensitive_content"]

_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key", "*.p12",
    "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", ".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass",
    ".git-credentials", ".htpasswd", ".dockercfg", ".my.cnf", "credentials.json", "service-account*.json",
    "service_account*.json", "client_secret*.json", "*.tfstate", "*.tfstate.backup", "*.tfvars", ".bash_history",
    ".zsh_history", ".python_history", ".psql_history", ".mysql_history", "login data", "cookies", "cookies.sqlite",
    "logins.json", "key3.db", "key4.db", "wallet.dat", "*.keychain", "*.keychain-db", "shadow", "gshadow",
    "secring.gpg", "*.agilekeychain", "*.ovpn", ".vault-token", "kubeconfig", ".s3cfg", ".boto",
)  # fmt: skip
_HARMLESS = ("*.pub", "*.example", "*.sample", "*.template", "*.dist")
_FOLDERS = (".ssh", ".aws", ".gnupg", ".azure", ".kube", ".docker", ".password-store")
_PATHS = (
    "*/.config/gh/*",
    "*/.config/hub",
    "*/.config/gcloud/*",
    "*/.cargo/credentials*",
    "*/.gem/credentials",
    "*/.terraform.d/*",
    "*/.local/share/keyrings/*",
    "*/library/keychains/*",
)

# Each wants enough behind its mark that a text which only names the mark passes.
_CONTENT: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    (
        "a private key",
        # Headers may stand between, and in JSON a line's end is written as two characters.
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[rn]|\s){1,8}"
            rb"(?:[A-Za-z-]{1,30}: [^\r\n]{0,200}(?:\\[rn]|\s){1,8}){0,5}[A-Za-z0-9+/=]{8}"
        ),
    ),
    ("a private key", re.compile(rb"PuTTY-User-Key-File-\d: ")),
    (
        "an AWS key",
        re.compile(rb"(?:AKIA|ASIA)[A-Z2-7]{16}[\s\S]{0,200}?[^A-Za-z0-9/+][A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"),
    ),
    ("an API key", re.compile(rb"\bsk-(?:ant|proj|svcacct)-[A-Za-z0-9_\-]{32,}")),
    ("a GitHub token", re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})")),
    ("a GitLab token", re.compile(rb"\bglpat-[A-Za-z0-9_\-]{20,}")),
    ("a Slack token", re.compile(rb"\bxox[abposr]-[0-9]{8,}-[A-Za-z0-9\-]{20,}")),
    ("a Google key", re.compile(rb"\bAIza[A-Za-z0-9_\-]{35}\b")),
    ("a Stripe key", re.compile(rb"\b[sr]k_live_[A-Za-z0-9]{20,}")),
    ("an npm token", re.compile(rb"\bnpm_[A-Za-z0-9]{36}\b")),
    ("a PyPI token", re.compile(rb"\bpypi-AgE[A-Za-z0-9_\-]{50,}")),
)


def is_sensitive_name(path: str) -> bool:
    """Whether a path is one that keys and credentials go by."""
    lowered = path.lower()
    *folders, name = lowered.split("/")
    if any(folder in _FOLDERS for folder in folders):
        return True
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _HARMLESS):
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES) or any(
        fnmatch.fnmatchcase(f"/{lowered.lstrip('/')}", pattern) for pattern in _PATHS
    )


def refuse_sensitive_content(data: bytes) -> None:
    """Look for anything shaped like a key.

    Raises:
        SensitiveFile: There is one; the text says of which kind, never the key.
    """
    if b"\0" in data[:200]:
        data = data.replace(b"\0", b"")  # UTF-16: every other byte of a key is NUL
    for what, pattern in _CONTENT:
        # Vendors' documentation uses keys that say of themselves that they are examples.
        if any(b"EXAMPLE" not in match.group() for match in pattern.finditer(data)):
            raise SensitiveFile(f"The file holds what looks like {what}.")
