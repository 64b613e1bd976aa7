from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from firms.counting import register_frame_count
        from firms.failures import when_set_aside
        from messaging import frame, mailing, trouble
        from messaging.digests import digest_section

        register_frame_count("unread_notices", frame.unread_notices)
        register_frame_count("undecided_messages", frame.messages_to_decide)
        register_frame_count("work_aside", frame.work_aside)
        digest_section("notices", collect=mailing.collect_notices, word=mailing.word_notices, order=90)
        when_set_aside(trouble.tell_of_set_aside)
