"""The project's settings with a data folder of their own, so that a test run never meets real data."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DATA_DIR = Path(tempfile.mkdtemp(prefix="forgesyte-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
os.environ.update(FORGESYTE_DATA_DIR=str(DATA_DIR), FORGESYTE_PRELOAD="none", YOLO_CONFIG_DIR=str(DATA_DIR))
for name in (
    "FORGESYTE_LOGIN_FAILURES",
    "DATABASE_URL",
    "REDIS_URL",
    "FORGESYTE_REQUIRE_LOGIN",
    "DEBUG",
    "ALLOWED_HOSTS",
    "SECRET_KEY",
):
    os.environ.pop(name, None)

from forgesyte.settings import *  # noqa: E402, F403
from forgesyte.settings import DATABASES  # noqa: E402

# Users of the tests log in by the hundred.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
