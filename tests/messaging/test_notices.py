import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext

from firms.models import Firm, User
from firms.wall import acting_for, enter_firm
from messaging import notices
from messaging.models import Notice
from tests import factories

notices.notice_kind("late", icon="clock", sentence=lambda values: gettext("Clients") + f" {values['number']}")


def post(user: User, number: int = 1, **fields: Any) -> None:
    notices.post_notice(**{"user": user, "kind": "late", "values": {"number": number}, "dedupe_key": f"late {user.pk} {number}", **fields})


def unread(user: User) -> int:
    return Notice.objects.filter(user=user, read_at=None).count()


def texts(client) -> list[str]:
    return [line["text"] for line in client.get(reverse("notice_list")).context["lines"]]


def test_a_notice_arrives_once_and_is_worded_in_the_readers_language(alice: User, client) -> None:
    client.force_login(alice)
    post(alice)
    post(alice)
    english = texts(client)
    User.objects.filter(pk=alice.pk).update(language="fr")
    assert (english, texts(client), unread(alice)) == (["Clients 1"], ["Clients 1"], 1)


def test_a_kind_without_a_sentence_is_refused(alice: User) -> None:
    with pytest.raises(LookupError):
        post(alice, kind="unheard of")
    assert Notice.objects.count() == 0


def test_reading_one_leaves_the_others_new_and_opens_its_page(alice: User, client) -> None:
    client.force_login(alice)
    post(alice, 1, url="/profile/")
    post(alice, 2)
    answer = client.post(reverse("notice_open", args=[Notice.objects.get(url="/profile/").pk]))
    assert (answer["Location"], unread(alice)) == ("/profile/", 1)
    client.post(reverse("notices_read"))
    assert unread(alice) == 0


def test_nobody_sees_or_marks_anothers_notices(alice: User, beta: Firm, client) -> None:
    colleague = factories.make_user(role="admin")
    post(colleague)
    enter_firm(beta.pk)
    post(User.objects.get(role="admin"))
    enter_firm(alice.firm_id)
    client.force_login(alice)
    assert texts(client) == []
    notices.mark_read(user=alice)
    assert unread(colleague) == 1


@pytest.mark.parametrize("number", [1, 30])
def test_the_page_takes_the_same_statements_for_one_notice_and_thirty(alice: User, client, django_assert_num_queries, number: int) -> None:
    client.force_login(alice)
    client.get(reverse("notice_list"))
    for each in range(number):
        post(alice, each)
    with django_assert_num_queries(STATEMENTS):
        client.get(reverse("notice_list"))


STATEMENTS = 7


def test_older_notices_are_a_page_away(alice: User, client) -> None:
    client.force_login(alice)
    for each in range(32):
        post(alice, each)
    first = client.get(reverse("notice_list"))
    second = client.get(reverse("notice_list"), {"before": first.context["older"]})
    assert ([line["text"] for line in second.context["lines"]], second.context["older"]) == (["Clients 1", "Clients 0"], None)


@pytest.mark.django_db(transaction=True)
def test_posted_from_two_places_at_once_it_arrives_once() -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        user = factories.make_user()
    together = threading.Barrier(2)

    def tell() -> None:
        together.wait()
        with acting_for(firm.pk):
            post(user)
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(firm.pk):
        assert Notice.objects.count() == 1
