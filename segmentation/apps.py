from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"

    def ready(self) -> None:
        from clients.importing.undo import keep_clients_when
        from segmentation import client_pages, queries, reminding  # noqa: F401  notices say how they read

        client_pages.register()
        keep_clients_when(queries.clients_overridden)
