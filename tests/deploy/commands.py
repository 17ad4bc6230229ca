"""Every command of docs/DEPLOY.md: which test runs it, or why it cannot be run where the tests run."""

import re

from tests.demo_runner import ROOT, blocks_of

PAGE = (ROOT / "docs" / "DEPLOY.md").read_text()
LANGUAGES = ("sh", "powershell")

SYSTEMD = "a root without an init has no systemd; its units are checked by systemd-analyze"
AUTHORITY = "an authority signs names that the whole world reaches only"
REGISTRY = "no registry of images can be reached; the image's steps are run by deploy/install"
GPU = "the machine has no GPU"
UNTAR = "tar -xf /root/forgesyte.tar.gz --strip-components=1 -C /opt/forgesyte"

# In the order in which tests/deploy/test_from_an_empty_root.py runs them; what is there twice is run twice.
RUN = (
    "apt-get update",
    "apt-get install -y --no-install-recommends ca-certificates make nginx openssl python3 python3-venv",
    "mkdir -p /opt/forgesyte",
    UNTAR,
    "cd /opt/forgesyte",
    "deploy/install vision.example.com",
    "deploy/manage createsuperuser --username ada --email ada@example.com",
    "deploy/manage add_user bob",
    "deploy/run &",
    "nginx",
    "deploy/manage doctor --url https://vision.example.com",
    "deploy/manage doctor",
    "deploy/manage backup /var/backups/forgesyte/monday.tar",
    "deploy/manage restore /var/backups/forgesyte/monday.tar --replace",
    "deploy/manage backup /var/backups/forgesyte/before-update.tar",
    "mv /opt/forgesyte /opt/forgesyte.old",
    "mkdir -p /opt/forgesyte",
    UNTAR,
    "mv /opt/forgesyte.old/.venv /opt/forgesyte/.venv",
    "cd /opt/forgesyte",
    "deploy/install vision.example.com",
    "rm -rf /opt/forgesyte.old",
    "deploy/uninstall --data",
)
# Run by tests/deploy/test_files.py.
CHECKED = ("docker compose -p forgesyte -f deploy/compose.yaml config -q",)
NOT_RUN = {
    "apt-get install -y certbot": AUTHORITY,
    "certbot certonly --webroot -w /var/www/html -d vision.example.com "
    '--deploy-hook "systemctl reload nginx"': AUTHORITY,
    "ln -sf /etc/letsencrypt/live/vision.example.com/fullchain.pem "
    "/etc/forgesyte/tls/certificate.pem": AUTHORITY,
    "ln -sf /etc/letsencrypt/live/vision.example.com/privkey.pem /etc/forgesyte/tls/key.pem": AUTHORITY,
    "systemctl reload nginx": SYSTEMD,
    "systemctl restart forgesyte": SYSTEMD,
    "journalctl -u forgesyte -o cat -f": SYSTEMD,
    "systemctl status forgesyte": SYSTEMD,
    "systemctl stop forgesyte": SYSTEMD,
    "systemctl start forgesyte": SYSTEMD,
    "systemctl enable --now forgesyte-worker@1 forgesyte-worker@2": SYSTEMD,
    "docker compose -p forgesyte -f deploy/compose.yaml up -d --build": REGISTRY,
    "docker compose -p forgesyte -f deploy/compose.yaml exec server "
    ".venv/bin/python manage.py createsuperuser": REGISTRY,
    "TORCH=cuda docker compose -p forgesyte -f deploy/compose.yaml -f deploy/compose.gpu.yaml "
    "up -d --build": REGISTRY,
    "apt-get install -y nvidia-driver firmware-misc-nonfree": GPU,
    "TORCH=cuda deploy/install vision.example.com": GPU,
    "wsl --install -d Debian": "this is a command of Windows",
    "brew install python@3.12 make": "this is a command of macOS",
    "make run PYTHON=python3.12": "this is for macOS; tests/test_pythons.py runs it on Linux",
}


def documented(page: str = PAGE) -> list[str]:
    """The commands of a page, in order."""
    blocks = [block for block in blocks_of(page) if block.language in LANGUAGES]
    return [line.strip() for block in blocks for line in block.text.splitlines() if line.strip()]


def languages(page: str = PAGE) -> set[str]:
    """The languages of its fenced blocks; one that is not said is an empty string."""
    opened = re.findall(r"^```(\w*)", page, re.MULTILINE)[::2]
    return set(opened)
