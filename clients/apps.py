from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        # Registers the kinds of job this room runs, in the web processes and the workers alike.
        from clients import assigning
        from clients.importing import applying, undo  # noqa: F401

        assigning.register()
