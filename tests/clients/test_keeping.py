"""Deal-breakers and the reasons for keeping clients."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clients import keeping
from clients.attributes import CATALOGUE
from clients.models import Client, Keeping
from clients.queries import NotInYourBook, visible_to
from tests import factories


@pytest.fixture
def roy(alice):
    return factories.make_client(adviser=alice, name="Roy")


def names(clients):
    return sorted(client.name for client in clients)


def test_a_flag_asks_for_a_reason_and_both_can_be_taken_back(alice, roy):
    keeping.flag_deal_breaker(client=roy, by=alice, note="Shouts at the assistant.")
    assert (names(keeping.deal_breakers(visible_to(alice))), names(keeping.unanswered(visible_to(alice)))) == (["Roy"], ["Roy"])
    keeping.record_reason(client=roy, by=alice, reason="loyalty", note="A client for 30 years.")
    assert (names(keeping.deal_breakers(visible_to(alice))), names(keeping.unanswered(visible_to(alice)))) == (["Roy"], [])
    assert [keeping.lift_deal_breaker(client=roy, by=alice), keeping.lift_deal_breaker(client=roy, by=alice)] == [True, False]
    assert Keeping.objects.values_list("is_deal_breaker", "deal_breaker_note", "reason").get() == (False, "", "loyalty")
    assert [keeping.withdraw_reason(client=roy, by=alice), keeping.withdraw_reason(client=roy, by=alice)] == [True, False]
    assert not Keeping.objects.exists()


def test_a_passive_client_is_linked_to_the_important_one(alice, roy):
    mother = factories.make_client(adviser=alice, name="Madame Roy")
    kept = keeping.record_reason(client=roy, by=alice, reason="relative", related_client=mother)
    assert (list(mother.keeps.all()), kept.is_deal_breaker) == ([kept], False)
    mother.delete()
    kept.refresh_from_db()
    assert (kept.reason, kept.related_client_id) == ("relative", None)


def test_what_cannot_be_is_refused_and_nothing_is_written(alice, roy):
    camille = factories.make_user(role="adviser")
    hers = factories.make_client(adviser=camille)
    for act, field in (
        (lambda: keeping.flag_deal_breaker(client=roy, by=alice, note=" "), "note"),
        (lambda: keeping.record_reason(client=roy, by=alice, reason="whim"), "reason"),
        (lambda: keeping.record_reason(client=roy, by=alice, reason="other"), "reason_note"),
        (lambda: keeping.record_reason(client=roy, by=alice, reason="relative"), "related_client"),
        (lambda: keeping.record_reason(client=roy, by=alice, reason="relative", related_client=roy), "related_client"),
        (lambda: keeping.record_reason(client=hers, by=camille, reason="relative", related_client=roy), "related_client"),
    ):
        with pytest.raises(ValidationError) as refusal:
            act()
        assert list(refusal.value.message_dict) == [field]
    with pytest.raises(NotInYourBook):
        keeping.flag_deal_breaker(client=roy, by=camille, note="Shouts.")
    assert not Keeping.objects.exists()


def test_nothing_of_personality_can_be_scored():
    assert [found.key for found in CATALOGUE if "deal" in found.key or "personality" in found.key or "kept" in found.key] == []


def test_the_page_asks_and_names_no_client_of_a_book_one_does_not_see(client, alice, roy):
    camille = factories.make_user(role="adviser", name="Camille")
    hers = factories.make_client(adviser=camille, name="Hers")
    keeping.flag_deal_breaker(client=hers, by=alice, note="Shouts at the assistant.")
    client.force_login(camille)
    page = client.get(reverse("client_detail", args=[hers.pk])).content.decode()
    assert ["Shouts at the assistant." in page, "Nobody has said yet" in page] == [True, True]
    keeping.record_reason(client=hers, by=alice, reason="relative", related_client=roy)
    pages = [client.get(address).content.decode() for address in (reverse("client_detail", args=[hers.pk]), reverse("deal_breaker_list"))]
    assert ["Relative of an important client" in page for page in pages] == [True, True]
    assert ["Roy" in page for page in pages] == [False, False]
    client.force_login(alice)
    assert "Roy" in client.get(reverse("deal_breaker_list")).content.decode()


def test_the_list_is_narrowed_to_those_flagged(client, alice, roy):
    other = factories.make_client(adviser=alice, name="Zoé")
    factories.make_client(adviser=alice, name="Quiet")
    for each in (roy, other):
        keeping.flag_deal_breaker(client=each, by=alice, note="Shouts.")
    keeping.record_reason(client=other, by=alice, reason="future")
    client.force_login(alice)
    shown = {
        wanted: [row.name for row in client.get(reverse("client_list"), {"deal_breaker": wanted}).context["page"].rows]
        for wanted in ("flagged", "unanswered", "nonsense")
    }
    assert shown == {"flagged": ["Roy", "Zoé"], "unanswered": ["Roy"], "nonsense": ["Quiet", "Roy", "Zoé"]}
    listed = [[each.name for each, _related in client.get(reverse("deal_breaker_list"), query).context["rows"]] for query in ({}, {"answer": "none"})]
    assert listed == [["Roy", "Zoé"], ["Roy"]]


def test_the_form_goes_from_the_flag_to_the_question(client, alice, roy):
    mother = factories.make_client(adviser=alice, name="Madame Roy")
    client.force_login(alice)
    answer = client.post(reverse("deal_breaker_flag", args=[roy.pk]), {"note": "Shouts."})
    assert answer.url == reverse("reason_edit", args=[roy.pk])
    assert f"Madame Roy #{mother.pk}" in client.get(reverse("client_options"), {"field": "related_client", "related_client": "mad"}).content.decode()
    client.post(answer.url, {"reason": "relative", "related_client": f"Madame Roy #{mother.pk}"})
    assert Client.objects.get(pk=roy.pk).keeping.related_client == mother
    refused = client.post(answer.url, {"reason": "relative", "related_client": "nobody"})
    assert refused.context["form"].errors["related_client"] == ["No client of your books is called that."]
