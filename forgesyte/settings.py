"""Django's settings; the only module that reads the environment."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from forgesyte.conf import ProjectSettings
from forgesyte.env import BadSetting
from forgesyte.supervised import refuse_start
from pipelines.conf import PipelineSettings

BASE_DIR = Path(__file__).resolve().parent.parent
HAS_STREAMING = (BASE_DIR / "streaming").is_dir()
HAS_JOBS = (BASE_DIR / "jobs").is_dir()

try:
    PROJECT = ProjectSettings.from_env(os.environ, BASE_DIR)
    PIPELINES = PipelineSettings.from_env(os.environ, PROJECT.data_dir)
    if HAS_STREAMING:
        from streaming.conf import StreamSettings

        STREAM = StreamSettings.from_env(os.environ)
        # Above the limit of a frame, or an oversized one dies as a bare close and nobody reads why.
        DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE = DAPHNE_WEBSOCKET_MAX_FRAME_SIZE = STREAM.max_message_bytes
    if HAS_JOBS:
        from jobs.conf import JobSettings

        JOBS = JobSettings.from_env(os.environ)
        # Delivery goes through Django's Tasks interface; by default our own database holds the deliveries.
        TASKS = {"default": {"BACKEND": JOBS.task_backend}}
except BadSetting as error:
    refuse_start(str(error))

# Ultralytics writes its settings file beside the user's home unless told otherwise.
os.environ.setdefault("YOLO_CONFIG_DIR", str(PROJECT.data_dir / "cache"))

SECRET_KEY = PROJECT.secret_key
DEBUG = PROJECT.debug
DEFAULT_EXCEPTION_REPORTER_FILTER = "forgesyte.api.debug_pages.WithoutAddresses"
ALLOWED_HOSTS = list(PROJECT.allowed_hosts)
# Where requests come through reverse proxies; docs/network/PROXIES.md.
FORGESYTE_TRUSTED_PROXIES = PROJECT.trusted_proxies
FORGESYTE_PATH_PREFIX = PROJECT.path_prefix
CSRF_TRUSTED_ORIGINS = list(PROJECT.trusted_origins)
CSRF_FAILURE_VIEW = "forgesyte.api.errors.form_of_elsewhere"
# Sent over https only.
SECURE_HSTS_SECONDS = PROJECT.hsts_seconds
FORGESYTE_REQUIRE_LOGIN = PROJECT.require_login
FORGESYTE_REMOTE_USER_HEADER = PROJECT.remote_user_header
# Other sites, whose pages may call the API, open sockets and embed the live page.
FORGESYTE_ALLOWED_ORIGINS = PROJECT.allowed_origins
CORS_ALLOWED_ORIGINS = list(PROJECT.allowed_origins)
CORS_URLS_REGEX = r"/(v1/)?(pipelines|plugins|video|jobs|health|ready|openapi\.json)(/|$)"
CORS_ALLOW_CREDENTIALS = True
# Of one user, where a login is required.
FORGESYTE_REQUESTS_PER_MINUTE = PROJECT.requests_per_minute

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "axes",
    "ninja",
    "django_prometheus",
    "forgesyte",
    "accounts",
    "pipelines",
    "loadtest",
    "training",
    *(["streaming"] if HAS_STREAMING else []),
    *(["django_tasks", "django_tasks_db", "jobs"] if HAS_JOBS else []),
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    # Before whatever refuses, so that refusals carry their headers, too.
    "forgesyte.api.caching.kept_by_nobody",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "forgesyte.proxy.cookies.kept_to_this_site",
    "forgesyte.server.hosts.only_own_hosts",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "forgesyte.api.null_bytes.refuse_null_bytes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "forgesyte.lan.access_gate.ask_for_code",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *(["accounts.remote_user.ProxyUserMiddleware"] if PROJECT.remote_user_header else []),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "axes.middleware.AxesMiddleware",
]

# What `serve` starts beside itself and ends with itself.
SERVED_BESIDE = ["jobs.worker.supervisor.WorkerSupervisor"] if HAS_JOBS else []
# Models whose rows name files below the data folder: rows and files of one moment make a backup.
ROWS_WITH_FILES = ["jobs.Job"] if HAS_JOBS else []
# What `/ready` asks beside the database and the default pipeline, without waiting.
READY_ALSO = ["jobs.worker.supervisor.readiness"] if HAS_JOBS else []
# What `doctor` asks beside what the project itself knows.
DOCTOR_ALSO = ["jobs.worker.diagnosis.workers"] if HAS_JOBS else []

# What the operators' view shows, and how it ends a session; empty where the app is not there.
OPERATIONS_SESSIONS = "streaming.monitoring.live_session.live_sessions" if HAS_STREAMING else ""
OPERATIONS_END_SESSION = "streaming.monitoring.live_session.end_session" if HAS_STREAMING else ""
OPERATIONS_JOBS = "jobs.overview.active_jobs" if HAS_JOBS else ""

ROOT_URLCONF = "forgesyte.urls"
ASGI_APPLICATION = "forgesyte.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "forgesyte.api.version.version",
                "accounts.context.signed_in",
            ]
        },
    }
]

DATABASES = {"default": PROJECT.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [PROJECT.redis_url]}}
        if PROJECT.redis_url
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:login"
# Of the admin's own page; the one for everybody leads to the first page.
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = [
    *(["forgesyte.api.login_guard.LoginGuard"] if PROJECT.login_failures else []),
    *(["accounts.remote_user.ProxyUserBackend"] if PROJECT.remote_user_header else []),
    "django.contrib.auth.backends.ModelBackend",
]
# Wrong passwords are counted for a name and an address together: nobody locks a name for others.
AXES_ENABLED = PROJECT.login_failures > 0
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = PROJECT.login_failures
AXES_COOLOFF_TIME = timedelta(minutes=PROJECT.login_lock_minutes)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "forgesyte.api.login_guard.locked_out"
AXES_CLIENT_IP_CALLABLE = "forgesyte.api.login_guard.attempts_address"
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "forgesyte.proxy.static_files.UnderPrefix"},
}
STATIC_ROOT = PROJECT.data_dir / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the finders: nothing to collect before the first start.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# What is uploaded waits below the data folder: the system's own folder for such files may be in memory.
FILE_UPLOAD_TEMP_DIR = PROJECT.data_dir / "tmp"
# All fields of a form together, files aside, and how many files one request may bring.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 4
# Where a view takes the body in as it arrives, and of how many bytes at most.
LIVE_BODY_PATHS: dict[str, int] = {}
if HAS_JOBS:
    LIVE_BODY_PATHS = dict.fromkeys(("/video/submit", "/v1/video/submit"), JOBS.max_body_bytes)
# What a phone installs in order to trust this server; set by `serve --lan`.
LAN_AUTHORITY_PEM = b""
# The code without which nobody is let in; set by `serve --lan`, empty for none.
LAN_CODE = ""

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "forgesyte.logs.JsonFormatter"}},
    "filters": {
        "not_unavailable": {"()": "forgesyte.logs.NotUnavailable"},
        "not_of_sockets": {"()": "forgesyte.logs.NotOfSockets"},
        "without_clients_traceback": {"()": "forgesyte.logs.WithoutClientsTraceback"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["without_clients_traceback"],
        }
    },
    "root": {"handlers": ["stderr"], "level": PROJECT.log_level},
    "loggers": {
        # Daphne logs every request and every socket at info; the stream's own events say more.
        "daphne": {"level": "WARNING", "filters": ["not_of_sockets"]},
        "django.channels.server": {"level": "WARNING"},
        "django.request": {"filters": ["not_unavailable"]},
        "ultralytics": {"level": "WARNING"},
        # Our own line on a login that is locked has the name and the address in fields.
        "axes": {"level": "ERROR"},
        # A line whenever it has nothing to do; the jobs' own events say what is done.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}
