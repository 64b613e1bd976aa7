from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from firms.counting import register_frame_count
        from messaging import frame

        register_frame_count("unread_notices", frame.unread_notices)
        register_frame_count("undecided_messages", frame.messages_to_decide)
