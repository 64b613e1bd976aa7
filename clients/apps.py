from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        # Registers the kinds of job this room runs, in the web processes and the workers alike.
        from clients import assigning, follow_up_reminders, moving
        from clients.importing import applying, undo  # noqa: F401
        from clients.people_pages import render_led
        from firms.people_pages import register_note

        register_note("clients", render_led)
        assigning.register()
        moving.register()
        follow_up_reminders.register()
