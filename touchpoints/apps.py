from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TouchpointsConfig(AppConfig):
    name = "touchpoints"

    def ready(self) -> None:
        from clients.columns import Column, Panel, Place, register_column, register_panel
        from clients.importing.undo import keep_clients_when
        from firms.counting import register_frame_count
        from messaging.digests import digest_section
        from segmentation.yearly import Question, answer_with
        from service_matrix.effects import register_effect
        from touchpoints import (
            annual_review,
            clashes,
            client_pages,
            covers,
            delivery,
            document_batches,
            effects,
            frame,
            fulfilment,
            moving,
            queries,
            reminders,
            succession,
        )

        register_column(
            Column(key="next_touchpoint", label=_("Next touchpoint"), cells=client_pages.next_cells, texts=client_pages.next_texts, default=True)
        )
        register_panel(Panel(key="next_touchpoint", place=Place.HEADER, render=client_pages.render_next, order=50))
        register_panel(Panel(key="service_year", place=Place.YEAR, render=client_pages.render_year))
        succession.register()
        clashes.register()
        moving.register()
        annual_review.register()
        covers.register()
        keep_clients_when(queries.clients_handled)
        fulfilment.register()
        document_batches.register()
        register_effect(effects.effect_of_version)
        digest_section("touchpoints", collect=reminders.collect, word=reminders.word, order=10)
        answer_with(Question.DELIVERY, delivery.promises_kept_by_segment)
        register_frame_count("queue_count", frame.due_today)
        register_frame_count("drift_count", frame.drift_to_review)
