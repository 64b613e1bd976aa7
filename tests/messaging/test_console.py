from io import StringIO

from django.core.mail import EmailMultiAlternatives

from messaging.mail import MOST_LINES_SHOWN, ConsoleBackend


def printed(text: str) -> list[str]:
    stream = StringIO()
    message = EmailMultiAlternatives(subject="Bienvenue à l’équipe", body=text, to=["elodie@boreal.example"])
    message.attach_alternative("<p>Not for a console</p>", "text/html")
    assert ConsoleBackend(stream=stream).send_messages([message]) == 1
    return stream.getvalue().splitlines()


def test_an_e_mail_on_the_console_can_be_read_and_its_link_followed() -> None:
    link = f"http://localhost:8000/invitation/crm_1_{'k' * 43}/"
    assert printed(f"Bonjour,\n\n{link}\n") == ["", "E-mail to elodie@boreal.example: Bienvenue à l’équipe", "  Bonjour,", "", f"  {link}"]


def test_of_a_long_e_mail_the_console_shows_the_beginning() -> None:
    lines = printed("\n".join(f"line {number}" for number in range(MOST_LINES_SHOWN + 2)))
    assert lines[2:] == [*(f"  line {number}" for number in range(MOST_LINES_SHOWN)), "  … 2 more lines"]
