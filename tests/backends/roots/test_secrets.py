"""Keys and credentials are refused by name and by content, and ordinary files are not."""

import random
import re
import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_api_mcp.backends.errors import SensitiveFile
from files_api_mcp.backends.roots.secrets import refuse_sensitive_content
from files_api_mcp.backends.roots.sensitive_names import is_sensitive_name

SECRET_NAMES = """
.env .env.local .ENV .env.production prod.env .envrc id_rsa id_rsa.bak ID_RSA id_ed25519 id_ecdsa id_dsa server.pem
server.key tls.p12 cert.pfx store.jks app.keystore vault.kdbx putty.ppk .netrc _netrc .npmrc .pypirc .pgpass
.git-credentials .htpasswd .dockercfg .my.cnf credentials.json service-account.json service_account_prod.json
client_secret_123.json terraform.tfstate terraform.tfstate.backup prod.tfvars .bash_history .zsh_history
.python_history .psql_history .mysql_history wallet.dat login.keychain login.keychain-db secring.gpg work.ovpn
.vault-token kubeconfig .s3cfg .boto key3.db key4.db logins.json cookies.sqlite
.ssh/config .ssh/known_hosts .aws/credentials .aws/config .gnupg/pubring.kbx .azure/accessTokens.json .kube/config
.docker/config.json .config/gcloud/credentials.db .config/gh/hosts.yml .cargo/credentials.toml
.password-store/mail.gpg .local/share/keyrings/login.keyring Library/Keychains/x.db
.config/google-chrome/Default/Login_Data/x/Cookies .mozilla/firefox/abc.default/logins.json
.config/chromium/Default/Cookies
""".split()

ORDINARY_NAMES = """
report.pdf .env.example .env.sample .env.template id_rsa.pub notes.md keynotes.txt monkey.txt environment.yml
keys.md tokens.csv package.json credentials.md passwords.txt.md history.txt cookies.md shadowing.md
src/env.py docs/ssh.md aws/readme.md kube/deploy.yaml wallet.md gcloud/readme.md envelope.docx data.keyword.csv
""".split()


def made(chance: random.Random, alphabet: str, length: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(length))


def secret_texts() -> list[bytes]:
    """Some 200 files that each hold a made-up key, in the middle of ordinary words."""
    chance = random.Random(7)
    base64, word, upper = (
        string.ascii_letters + string.digits + "+/",
        string.ascii_letters + string.digits,
        "ABCDEFG234567",
    )
    texts: list[str] = []
    for kind in ("RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "", "PGP "):
        block = " BLOCK" if kind == "PGP " else ""
        for headers in ("", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n", "Version: 1\n\n"):
            body = "\n".join(made(chance, base64, 64) for _ in range(chance.randint(1, 20)))
            mark = f"{kind}PRIVATE KEY{block}-----"
            pem = f"-----BEGIN {mark}\n{headers}{body}\n-----END {mark}\n"
            texts += [
                pem,
                pem.replace("\n", "\r\n"),
                f"see below\n\n{pem}",
                '{"private_key": "' + pem.replace("\n", "\\n") + '"}',
            ]
    for _ in range(15):
        texts += [
            f"aws_access_key_id = AKIA{made(chance, upper, 16)}\naws_secret_access_key = {made(chance, base64, 40)}\n",
            f"key: sk-ant-api03-{made(chance, word, 80)}\n",
            f"OPENAI=sk-proj-{made(chance, word, 48)}\n",
            f"token ghp_{made(chance, word, 36)} here",
            f"github_pat_{made(chance, word, 82)}",
            f"xoxb-{made(chance, string.digits, 12)}-{made(chance, word, 24)}",
            f"AIza{made(chance, word, 35)}",
            f"sk_live_{made(chance, word, 24)}",
        ]
    encoded = [text.encode() for text in texts]
    return [*encoded, texts[0].encode("utf-16"), texts[4].encode("utf-16-le")]


ORDINARY_TEXTS = (
    "Set ANTHROPIC_API_KEY to a key that begins with sk-ant-... and never commit it.",
    "The file starts with -----BEGIN RSA PRIVATE KEY----- and ends with -----END RSA PRIVATE KEY-----.",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----",
    "Use AKIAIOSFODNN7EXAMPLE with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY as in the manual.",
    "Tokens look like ghp_xxxx or github_pat_YOUR_TOKEN; Slack's begin with xoxb-.",
    "https://example.com/a/very/long/path/that/has/many/segments/and/letters/ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "The AKIA prefix marks an access key; AIza marks a Google key; sk_live_ is Stripe's.",
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_that_keys_go_by_are_refused(name: str) -> None:
    assert is_sensitive_name(name)
    assert is_sensitive_name(f"deep/folder/{name}")


@pytest.mark.parametrize("name", ORDINARY_NAMES)
def test_ordinary_names_pass(name: str) -> None:
    assert not is_sensitive_name(name)


def test_every_one_of_two_hundred_keys_is_found_and_none_is_repeated() -> None:
    texts = secret_texts()
    assert len(texts) >= 200
    for text in texts:
        with pytest.raises(SensitiveFile) as caught:
            refuse_sensitive_content(text)
        assert len(str(caught.value)) < 200
        assert "BEGIN" not in str(caught.value)


@pytest.mark.parametrize("body", ["fake", "abc123", "A" * 64, "MIIEpAIBAAKCAQEA\n"])
def test_a_complete_frame_is_a_key_however_little_it_holds(body: str) -> None:
    with pytest.raises(SensitiveFile):
        refuse_sensitive_content(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n".encode())


def test_texts_that_only_speak_of_keys_pass() -> None:
    for text in ORDINARY_TEXTS:
        refuse_sensitive_content(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIxyzzyxyzzyxyzzy\n",
        "-----BEGIN RSA PRIVATE KEY-----\\\\nMIIEpAIBAAKCAQEA04up8hoqzS1HFy7Yk2vLxw\\\\n",
        'KEY = (\n    "-----BEGIN PRIVATE KEY-----\\n"\n    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"\n)',
        "> -----BEGIN PRIVATE KEY-----\n>                MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        '{"SecretAccessKey": "q8Zr4TnW1xYv7LbKc3Ud9EoFa2Hs5JgMi6PtRy0B", "AccessKeyId": "AKIAQ7RZ4TNWXYVLBKCU"}',
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 2\n"
        "AAAAC3NzaC1lZDI1NTE5AAAAIHq8Zr4TnW1xYv7LbKc3Ud9EoFa2Hs5JgMi6PtRy\n",
    ],
)
def test_keys_are_found_however_they_are_wrapped(text: str) -> None:
    for raw in (text.encode(), text.encode("utf-16"), text.encode("utf-16-be"), b"\0\1\2" + text.encode() + b"\0"):
        with pytest.raises(SensitiveFile):
            refuse_sensitive_content(raw)


def ordinary_texts() -> list[bytes]:
    """Some 400 files that look a little like secrets: hashes, ids, certificates, tables, code, prose about keys."""
    chance = random.Random(11)
    word, hexa = string.ascii_letters + string.digits, string.hexdigits.lower()
    texts: list[str] = []
    for _ in range(50):
        texts += [
            "\n".join(f"{made(chance, hexa, 40)}  src/{made(chance, word, 8)}.py" for _ in range(20)),
            "\n".join(f"--hash=sha256:{made(chance, hexa, 64)}" for _ in range(20)),
            f"-----BEGIN CERTIFICATE-----\n{made(chance, word, 64)}\n-----END CERTIFICATE-----",
            f"data:image/png;base64,{made(chance, word + '+/', 2000)}",
            f"AKIA{made(chance, string.ascii_uppercase, 16)} is an id; commit {made(chance, hexa, 40)} has it",
            f"sk-ant-{'x' * 40} and ghp_{'0' * 36} and sk_live_your_key_goes_here_{made(chance, hexa, 8)}",
            ",".join(made(chance, string.digits, 12) for _ in range(50)),
            f"risk-and-reward task-proj-{made(chance, string.ascii_lowercase, 12)} xoxo-{made(chance, word, 30)}",
        ]
    return [text.encode() for text in texts]


def test_at_most_one_in_a_hundred_ordinary_texts_is_taken_for_a_key() -> None:
    alarms = [text for text in ordinary_texts() if is_refused(text)]
    assert len(ordinary_texts()) >= 400
    assert len(alarms) <= 4, alarms


def is_refused(text: bytes) -> bool:
    try:
        refuse_sensitive_content(text)
    except SensitiveFile:
        return True
    return False


def test_a_text_made_to_slow_the_search_down_does_not() -> None:
    header = b"-----BEGIN RSA PRIVATE KEY-----\n"
    frame = b"-----BEGIN PRIVATE KEY-----\n" + (b"A: " + b" >" * 20) * 10
    putty = b"PuTTY-User-Key-File-2: a\nEncryption: b\n"
    for text in (frame * 2000, putty * 25_000, b"sk-ant-" * 140_000):
        refuse_sensitive_content(text[:1_000_000])
    for text in (header * 30_000, header + b"A-A: x\n" * 100_000, header + b" \n" * 400_000, b"AKIA" * 250_000):
        refuse_sensitive_content(text[:1_000_000].replace(b"EY-----\n-----B", b"EY----- -----B"))


def one_of_each_kind(chance: random.Random) -> list[str]:
    """A made-up secret for each pattern."""
    word, digits = string.ascii_letters + string.digits, string.digits
    url = word + "_-"
    return [
        f"AGE-SECRET-KEY-1{made(chance, string.ascii_uppercase + digits, 58)}",
        *(f"sk-{kind}-{made(chance, url, 40)}" for kind in ("ant", "proj", "svcacct", "admin")),
        f"sk-{made(chance, word, 20)}T3BlbkFJ{made(chance, word, 20)}",
        *(f"gh{kind}_{made(chance, word, 36)}" for kind in "pousr"),
        f"github_pat_{made(chance, word + '_', 82)}",
        f"glpat-{made(chance, url, 20)}",
        *(f"xox{kind}-{made(chance, digits, 12)}-{made(chance, word, 24)}" for kind in "abeoprs"),
        f"xoxb-{made(chance, digits, 6)}-{made(chance, digits, 6)}-{made(chance, word, 20)}",
        f"AIza{made(chance, url, 35)}",
        f"GOCSPX-{made(chance, url, 28)}",
        *(f"{kind}k_live_{made(chance, word, 20)}" for kind in "sr"),
        f"npm_{made(chance, word, 36)}",
        f"pypi-AgE{made(chance, url, 50)}",
        f"hf_{made(chance, word, 34)}",
        f"SG.{made(chance, url, 22)}.{made(chance, url, 43)}",
        *(
            f"{kind}{made(chance, string.ascii_uppercase, 16)} {made(chance, word + '+/', 40)}"
            for kind in ("AKIA", "ASIA")
        ),
        f"-----BEGIN PRIVATE KEY-----\n{made(chance, word, 64)}\n-----END PRIVATE KEY-----",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{made(chance, word, 64)}",
        f"PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\nPublic-Lines: 1\r\n{made(chance, word, 64)}",
    ]


def spread(text: str, chance: random.Random) -> bytes:
    """The text with NULs at random places."""
    return b"".join(bytes([byte]) + b"\0" * (chance.random() < 0.1) for byte in text.encode())


def wrapped(secret: str, chance: random.Random) -> Iterator[bytes]:
    """A secret whole, cut, doubled and next to other characters, in text and in binary data, in many encodings."""
    cut = chance.randrange(1, len(secret))
    noise = bytes(chance.choices(range(256), k=200))
    for text in (secret, secret[cut:], secret[:cut], secret[:-1], f"x{secret}", f"-{secret}y", f"a {secret} {secret}"):
        for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"):
            yield text.encode(encoding)
        yield noise + text.encode() + noise
        yield noise + text.encode("utf-16-le")
        yield spread(text, chance)
        yield text.encode()[:cut] + b"\0" + text.encode()[cut:]


def finding_of_full_search(data: bytes) -> str:
    """What the search finds if no marks spare it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("files_api_mcp.backends.roots.secrets._MARKS", (re.compile(b""),))
        return finding(data)


def finding(data: bytes) -> str:
    try:
        refuse_sensitive_content(data)
    except SensitiveFile as exc:
        return str(exc)
    return ""


def test_the_marks_rule_out_nothing_that_the_search_finds() -> None:
    chance = random.Random(3)
    found = 0
    for _ in range(5):
        for secret in one_of_each_kind(chance):
            assert finding(secret.encode()), secret
            for data in wrapped(secret, chance):
                assert finding(data) == finding_of_full_search(data), data
                found += bool(finding(data))
    assert found > 5000


@given(st.data())
def test_the_marks_agree_with_the_search_on_any_mixture(data: st.DataObject) -> None:
    secrets = one_of_each_kind(random.Random(5))
    piece = st.one_of(st.sampled_from(secrets).map(str.encode), st.binary(max_size=30), st.just(b"\0"))
    pieces = data.draw(st.lists(piece, max_size=6))
    mixed = b"".join(pieces)
    start = data.draw(st.integers(0, len(mixed)))
    assert finding(mixed[start:]) == finding_of_full_search(mixed[start:])
