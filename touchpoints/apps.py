from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TouchpointsConfig(AppConfig):
    name = "touchpoints"

    def ready(self) -> None:
        from clients.columns import Column, Panel, Place, register_column, register_panel
        from clients.importing.undo import keep_clients_when
        from clients.interactions import when_logged
        from segmentation.yearly import Question, answer_with
        from service_matrix.effects import register_effect
        from touchpoints import client_pages, delivery, effects, fulfilment, notices, queries  # noqa: F401  notices say how they read

        register_column(
            Column(key="next_touchpoint", label=_("Next touchpoint"), cells=client_pages.next_cells, texts=client_pages.next_texts, default=True)
        )
        register_panel(Panel(key="next_touchpoint", place=Place.HEADER, render=client_pages.render_next, order=50))
        register_panel(Panel(key="service_year", place=Place.YEAR, render=client_pages.render_year))
        keep_clients_when(queries.clients_handled)
        when_logged(fulfilment.fulfil_what_was_logged)
        register_effect(effects.effect_of_version)
        answer_with(Question.DELIVERY, delivery.promises_kept_by_segment)
