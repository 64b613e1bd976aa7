from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from firms.failures import when_set_aside
        from messaging import mailing, trouble
        from messaging.digests import digest_section

        digest_section("notices", collect=mailing.collect_notices, word=mailing.word_notices, order=90)
        when_set_aside(trouble.tell_of_set_aside)
