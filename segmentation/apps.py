from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"

    def ready(self) -> None:
        from clients.defining import say_what_uses, say_which_choices
        from clients.importing.undo import keep_clients_when
        from segmentation import attribute_uses, client_pages, notices, queries, reminding  # noqa: F401  notices say how they read

        client_pages.register()
        say_what_uses(attribute_uses.schemes_weighing)
        say_which_choices(attribute_uses.choices_named_by_schemes)
        keep_clients_when(queries.clients_overridden)
