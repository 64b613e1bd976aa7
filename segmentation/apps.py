from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"

    def ready(self) -> None:
        from clients.defining import say_what_uses
        from clients.importing.undo import keep_clients_when
        from segmentation import attribute_uses, client_pages, notices, queries, reminding  # noqa: F401  notices say how they read

        client_pages.register()
        say_what_uses(attribute_uses.schemes_weighing)
        keep_clients_when(queries.clients_overridden)
