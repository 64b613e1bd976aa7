"""Settings, read from the environment by strict readers. The table of variables is in README.md."""

from pathlib import Path

import django_stubs_ext
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from advisory_crm import embedded, environment, logs

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = environment.read_choice("CRM_MODE", "development", {"development", "production"})
PRODUCTION = MODE == "production"
DEBUG = environment.read_flag("CRM_DEBUG", False)
if PRODUCTION and DEBUG:
    environment.refuse("CRM_DEBUG", "shows its readers too much: it is for development only")
SECRET_KEY = environment.read_secret("CRM_SECRET_KEY", None if PRODUCTION else "development-only-key")
ALLOWED_HOSTS = environment.read_list("CRM_HOSTS", None if PRODUCTION else ["*"])
SITE_URL = environment.read_site("CRM_SITE_URL", None if PRODUCTION else "http://localhost:8000")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Read before or beside Django, by embedded.py, gunicorn.py, bin/serve; or only when an e-mail provider is chosen.
environment.KNOWN |= {"CRM_EMAIL_API_KEY", "CRM_DATA", "CRM_BIND", "CRM_WEB_WORKERS", "CRM_WEB_THREADS", "CRM_BEAT_SCHEDULE"}

INSTALLED_APPS = [
    "firms",
    "messaging",
    "clients",
    "segmentation",
    "service_matrix",
    "touchpoints",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_cotton",
    "django_htmx",
    "lucide",
    "csp",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "django_prometheus",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "advisory_crm.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Outside the transaction: what is done on its commit may leave a message.
    "django.contrib.messages.middleware.MessageMiddleware",
    # Everything below runs inside one transaction, inside one firm.
    "firms.middleware.FirmMiddleware",
    "firms.middleware.LanguageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "firms.sessions.ActivityMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "firms.middleware.HistoryMiddleware",
    "clients.importing.uploads.UploadLimitMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

if PRODUCTION:
    MIDDLEWARE.insert(MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1, "whitenoise.middleware.WhiteNoiseMiddleware")

ROOT_URLCONF = "advisory_crm.urls"
WSGI_APPLICATION = "advisory_crm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "firms.context_processors.frame",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "advisory_crm.constant_tags",
                "django_cotton.templatetags.cotton",
                "django.templatetags.l10n",
                "advisory_crm.template_tags",
                "advisory_crm.component_tags",
                "firms.templatetags.formats",
                "firms.templatetags.frame",
            ],
        },
    }
]
if DEBUG:
    TEMPLATES[0]["OPTIONS"]["loaders"] = TEMPLATES[0]["OPTIONS"]["loaders"][0][1]  # type: ignore[index]
FORM_RENDERER = "advisory_crm.form_rendering.FormRenderer"
COTTON_DIR = "cotton"
# A component sees what it is given, and the frame; never the variables of the page around it.
COTTON_ISOLATE_BY_DEFAULT = True

# Two roles: `default` is the application's, inside the firm wall; `owner` only migrates (see firms/wall.py).
_application_url, _owner_url = embedded.embedded_urls()
DATABASES = {
    "default": environment.read_database("DATABASE_URL", None if PRODUCTION else _application_url),
    "owner": environment.read_database("DATABASE_OWNER_URL", _owner_url),
}
DATABASES["default"]["CONN_MAX_AGE"] = environment.read_integer("CRM_DATABASE_CONNECTION_SECONDS", 300)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Off behind a pooler that hands connections on between transactions (firms/statements.py).
PREPARED_STATEMENTS = environment.read_flag("CRM_PREPARED_STATEMENTS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# PostgreSQL, not Redis: a cache that vanishes must not lift the sign-in rate limits.
# What each server process counts for itself: the API's brake.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "advisory_crm_cache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# Unique across firms, without regard to case, by an index on lower(email).
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_USER_MODEL = "firms.User"
AUTHENTICATION_BACKENDS = ["firms.authentication.FirmBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "firms.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation proves the address
ACCOUNT_EMAIL_NOTIFICATIONS = True  # "your password was changed"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address belongs to no firm that could write to it
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "firms.account_forms.LoginForm",
    "reset_password": "firms.account_forms.ResetPasswordForm",
    "change_password": "firms.account_forms.ChangePasswordForm",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_SESSION_REMEMBER = True
# Without it all the world signs in from the proxy's address, and one stranger's failures hold up everyone.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.read_integer("CRM_TRUSTED_PROXIES", 0)
USERSESSIONS_TRACK_ACTIVITY = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Advisory CRM"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("fr-ca", _("French (Canada)"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.read_text("CRM_STATIC_ROOT", str(BASE_DIR / "static-root")))
STATICFILES_DIRS = [BASE_DIR / "static"]
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "firms.session_store"
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
    SECURE_SSL_REDIRECT = environment.read_flag("CRM_REDIRECT_TO_HTTPS", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = environment.read_integer("CRM_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# No task may outlive the visibility timeout, or Redis would deliver it twice.
# On a laptop a command may run with no worker beside it, and no Redis to hint at.
NO_REDIS = "redis://127.0.0.1:1/0"
REDIS_URL = environment.read_redis("REDIS_URL", None if PRODUCTION else NO_REDIS)
# How often beat ticks: how soon due work is found when the hint was lost.
TICK_SECONDS = environment.read_integer("CRM_TICK_SECONDS", 60, least=1)
CELERY_BEAT_SCHEDULE = {
    # A tick that could not run before the next one is worth nothing: it expires.
    "tick": {"task": "firms.tasks.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    "tick_planning": {"task": "touchpoints.tasks.tick_planning", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    "tick_appointments": {"task": "touchpoints.tasks.tick_appointments", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    "tick_digests": {"task": "messaging.tasks.tick_digests", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    "tick_segmentation": {"task": "segmentation.tasks.tick_segmentation", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    # Every hour: whose midnight has passed is brought up to date, and whoever is finds nothing to write.
    "tick_figures": {"task": "clients.tasks.tick_figures", "schedule": 3600, "options": {"expires": 3600}},
    "tick_matrix": {"task": "service_matrix.tasks.tick_matrix", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
    "tick_outbox": {"task": "messaging.tasks.tick_outbox", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}},
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT = "advisory_crm.broker:Transport"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    # A page must not wait for a broker that is away (kombu tries for six seconds): its hint is only a hint.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Only e-mails on the console are printed: the log would take the keys out of their links.
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"

_email_backends = {"console": "messaging.mail.ConsoleBackend", "smtp": "django.core.mail.backends.smtp.EmailBackend"}
_email_backends |= {name: f"anymail.backends.{name}.EmailBackend" for name in ("brevo", "mailgun", "mailjet", "postmark", "sendgrid")}
_email = environment.read_choice("CRM_EMAIL", "smtp" if PRODUCTION else "console", set(_email_backends))
# Whatever sends an e-mail queues it in the outbox; the outbox sends it through this one.
EMAIL_BACKEND = "messaging.mail.OutboxBackend"
OUTBOX_EMAIL_BACKEND = _email_backends[_email]
if OUTBOX_EMAIL_BACKEND.startswith("anymail"):
    _keys = {"postmark": "SERVER_TOKEN"}
    ANYMAIL = {f"{_email.upper()}_{_keys.get(_email, 'API_KEY')}": environment.read_text("CRM_EMAIL_API_KEY")}
EMAIL_HOST = environment.read_text("CRM_SMTP_HOST", "localhost")
EMAIL_PORT = environment.read_integer("CRM_SMTP_PORT", 25, least=1)
EMAIL_HOST_USER = environment.read_text("CRM_SMTP_USER", " ").strip()
EMAIL_HOST_PASSWORD = environment.read_text("CRM_SMTP_PASSWORD", " ").strip()
EMAIL_USE_TLS = environment.read_flag("CRM_SMTP_TLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.read_text("CRM_FROM_EMAIL", "crm@localhost")

REST_FRAMEWORK = {
    # Resources declare what they ask for (firms/api.py); what does not stays shut.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "firms.api_errors.answer_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Advisory CRM",
    "VERSION": "1",
    "DESCRIPTION": (
        "Everything here obeys the same permissions, and shows the same clients, as the pages. Amounts are decimal strings in the firm’s "
        "currency; days are ISO dates in the firm’s time zone. Lists are in order of number, the newest first, and continue by `next`: what is "
        "added meanwhile moves nothing. A query parameter that is not described is refused, never ignored. Words come in the language of "
        "`Accept-Language`, else in the person’s own. What was decided and goes on in the background is answered 202: `look_at`, as `Location`, "
        "is the address that says how far it is."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Channel": "clients.models.Channel",
        "ClientKind": "clients.models.Kind",
        "ClientStatus": "clients.models.Status",
        "AmountSource": "clients.models.Amount.Source",
        "AssignmentSource": "segmentation.models.Assignment.Source",
        "PromiseSource": ["segment", "profile", "exception"],
        "Performer": "service_matrix.models.Performer",
        "TouchpointStatus": "touchpoints.models.Status",
        "VersionStatus": "service_matrix.models.MatrixVersion.Status",
        "JobStatus": "firms.models.Job.Status",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "firms.api_errors.document_errors"],
}

# History rows carry who and why themselves, so they live inside the firm wall like the rows they remember.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()

LOGGING = logs.logging_settings(production=PRODUCTION)
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# /metrics/ answers only to whoever holds this token; without one it does not exist.
METRICS_TOKEN = environment.read_text("CRM_METRICS_TOKEN", " ").strip()

environment.refuse_unknown()
