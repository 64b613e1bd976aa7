"""Referrals one by one, and what they count to."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from clients import referrals
from clients.attributes import attribute
from clients.models import Client, Referral
from clients.queries import NotInYourBook
from clients.referrals import ReferralDraft
from firms.row_versions import version_of
from tests import factories

KEYS = ("referrals_12_months", "referral_meetings_12_months", "referrals_converted_12_months", "referral_quality_12_months")
ON = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def on_a_day():
    with time_machine.travel("2026-11-20T15:00Z", tick=False):
        yield


@pytest.fixture
def roy(alice):
    return factories.make_client(adviser=alice, name="Roy", referrals_12_months=5)


def counted(client):
    return Client.objects.filter(pk=client.pk).values_list(*(attribute(key).expression(on=ON) for key in KEYS)).get()


def record(client, made_on, **draft):
    return referrals.record_referral(client=client, by=client.adviser, draft=ReferralDraft(name="Zoé", made_on=made_on, **draft))


def test_the_number_told_stands_until_a_referral_is_recorded(alice, roy):
    none = factories.make_client(adviser=alice, referrals_12_months=0)
    unknown = factories.make_client(adviser=alice)
    assert [counted(client) for client in (roy, none, unknown)] == [(5, None, None, None), (0, 0, 0, None), (None, None, None, None)]
    record(roy, date(2020, 1, 1), led_to_meeting=True, quality=9)
    assert counted(roy) == (0, 0, 0, None)


def test_what_is_recorded_is_counted_to_the_day(roy):
    record(roy, date(2025, 11, 21), led_to_meeting=True, converted=True, quality=8)
    record(roy, date(2026, 11, 20), led_to_meeting=True, quality=7)
    record(roy, date(2026, 3, 1))
    record(roy, date(2025, 11, 20), led_to_meeting=True, converted=True, quality=1)
    assert counted(roy) == (3, 2, 1, 7.5)


def test_a_file_gives_its_name(alice, roy):
    zoe = factories.make_client(adviser=alice, name="Zoé Gagné")
    referral = referrals.record_referral(client=roy, by=alice, draft=ReferralDraft(made_on=ON, referred=zoe))
    assert (referral.name, list(zoe.referred_by.all())) == ("Zoé Gagné", [referral])
    zoe.delete()
    referral.refresh_from_db()
    assert (referral.name, referral.referred_id) == ("Zoé Gagné", None)


def test_what_cannot_be_is_refused_and_nothing_is_written(alice, roy):
    camille = factories.make_user(role="adviser")
    hers = factories.make_client(adviser=camille)
    refused = []
    for draft in (
        {"made_on": date(2026, 11, 21), "name": "Zoé"}, {"made_on": ON, "name": " "}, {"made_on": ON, "referred": roy},
        {"made_on": ON, "name": "Zoé", "quality": 11},
    ):  # fmt: skip
        by, client = (camille, hers) if "referred" in draft else (alice, roy)
        with pytest.raises(ValidationError) as refusal:
            referrals.record_referral(client=client, by=by, draft=ReferralDraft(**draft))
        refused.append(list(refusal.value.message_dict))
    assert refused == [["made_on"], ["name"], ["referred"], ["quality"]]
    with pytest.raises(NotInYourBook):
        referrals.record_referral(client=roy, by=camille, draft=ReferralDraft(made_on=ON, name="Zoé"))
    with pytest.raises(ValidationError, match="Nobody refers themselves"):
        referrals.record_referral(client=roy, by=alice, draft=ReferralDraft(made_on=ON, referred=roy))
    assert not Referral.objects.exists()


def test_a_referral_is_changed_and_taken_back(roy):
    referral = record(roy, ON)
    referrals.change_referral(
        referral=referral, by=roy.adviser, version=version_of(referral), draft=ReferralDraft(name="Zoé", made_on=ON, converted=True)
    )
    assert counted(roy) == (1, 0, 1, None)
    referrals.remove_referral(referral=referral, by=roy.adviser, version=version_of(referral))
    assert counted(roy) == (5, None, None, None)
