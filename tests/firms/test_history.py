from django.apps import apps
from django.urls import reverse

from firms.models import User


def test_a_change_remembers_who_made_it_and_where(alice: User, client) -> None:
    client.force_login(alice)
    client.post(reverse("profile"), {"name": "Alice Roy-Côté", "language": "en", "time_zone": ""})
    event = apps.get_model("firms", "UserEvent").objects.order_by("-pgh_id").first()
    assert (event.name, event.pgh_context["user"], event.pgh_context["path"]) == ("Alice Roy-Côté", alice.pk, "/profile/")
