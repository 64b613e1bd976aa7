from django.apps import AppConfig


class FirmsConfig(AppConfig):
    name = "firms"

    def ready(self) -> None:
        from firms import checks, sessions  # noqa: F401  (registers the system check and the sign-in receiver)
