"""What an administrator says of profiles in a draft: written, refused, copied, compared, and weighed in hours."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.db.models.functions import Now
from django.utils import translation

from clients.models import Client
from service_matrix.comparing import compare_versions
from service_matrix.load import yearly_load
from service_matrix.models import MatrixVersion, ProfileRule, Promise, PromiseException
from service_matrix.models.overlay import FROM_APPETITES
from service_matrix.overlay import InvalidRule, RuleDraft, clear_rule, propose_rules, set_overlay, set_rule
from service_matrix.versions import DraftChanged, ensure_catalogue, publish_version, roll_back, start_draft
from tests.service_matrix.rows import (
    except_client,
    make_draft,
    make_exempted,
    make_overlay,
    make_rule,
    make_scheme,
    place_clients,
    put_in_profile,
    segment_of,
)


@pytest.fixture
def draft(alice) -> MatrixVersion:
    return make_draft(by=alice)


def said(version: MatrixVersion) -> list[tuple[str, str, str, str, int | None]]:
    rules = ProfileRule.objects.filter(version=version).order_by("profile__rank", "of_channel", "pk")
    return list(rules.values_list("profile__name_en", "of_channel", "channel", "initiative", "times_change"))


def test_a_rule_replaces_what_was_said_of_the_same(alice, draft):
    make_rule(draft, by=alice, of="phone", channel="email", times_change=-1)
    make_rule(draft, by=alice, of="phone", channel="video")
    make_rule(draft, by=alice, initiative="client")
    assert said(draft) == [("Time-poor", "", "", "client", None), ("Time-poor", "phone", "video", "", None)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"times_change": 3}, "times_change"),
        ({"times_change": -3}, "times_change"),
        ({"channel": "pigeon"}, "channel"),
        ({"spacing": "never"}, "spacing"),
        ({"initiative": "nobody"}, "initiative"),
        ({"note": "says nothing"}, "channel"),
        ({"channel": "phone", "own_channel_id": 987_654_321}, "channel"),
    ],
)
def test_a_rule_beyond_the_limits_or_that_says_nothing_is_refused(alice, draft, change, field):
    set_overlay(version=draft, revision=1, scheme=make_overlay(), fewest=-2, most=2, by=alice)
    with pytest.raises(InvalidRule) as refusal:
        set_rule(version=draft, revision=2, profile=segment_of(make_overlay(), 1), draft=RuleDraft(**change), by=alice)
    assert list(refusal.value.errors) == [field]
    assert (said(draft), MatrixVersion.objects.get(pk=draft.pk).revision) == ([], 2)


def test_a_segment_that_is_no_profile_of_the_matrix_is_refused(alice, draft):
    set_overlay(version=draft, revision=1, scheme=make_overlay(), fewest=0, most=0, by=alice)
    with pytest.raises(InvalidRule) as refusal:
        set_rule(version=draft, revision=2, profile=segment_of(draft.scheme, 1), draft=RuleDraft(channel="phone"), by=alice)
    assert list(refusal.value.errors) == ["profile"]


def test_limits_that_a_rule_goes_beyond_are_refused(alice, draft):
    make_rule(draft, by=alice, times_change=2)
    draft.refresh_from_db()
    with pytest.raises(InvalidRule, match="1 rule goes beyond these limits"):
        set_overlay(version=draft, revision=draft.revision, scheme=make_overlay(), fewest=-2, most=1, by=alice)
    draft.refresh_from_db()
    assert (draft.most_change, said(draft)) == (2, [("Time-poor", "", "", "", 2)])
    for limits in ({"fewest": 1, "most": 0}, {"fewest": 0, "most": 13}):
        with pytest.raises(InvalidRule):
            set_overlay(version=draft, revision=draft.revision, scheme=make_overlay(), by=alice, **limits)


def test_the_service_scheme_is_no_overlay_of_itself(alice, draft):
    with pytest.raises(InvalidRule) as refusal:
        set_overlay(version=draft, revision=1, scheme=draft.scheme, fewest=0, most=0, by=alice)
    assert list(refusal.value.errors) == ["overlay"]


def test_without_an_overlay_its_rules_are_gone(alice, draft):
    make_rule(draft, by=alice, channel="video")
    draft.refresh_from_db()
    set_overlay(version=draft, revision=draft.revision, scheme=None, fewest=0, most=0, by=alice)
    assert said(draft) == []


def test_two_people_never_overwrite_each_other(alice, draft):
    rule = make_rule(draft, by=alice, channel="video")
    for act in (
        lambda: set_rule(version=draft, revision=1, profile=rule.profile, draft=RuleDraft(channel="phone"), by=alice),
        lambda: set_overlay(version=draft, revision=1, scheme=None, fewest=0, most=0, by=alice),
        lambda: clear_rule(rule=rule, revision=1, by=alice),
        lambda: propose_rules(version=draft, revision=1, by=alice),
    ):
        with pytest.raises(DraftChanged):
            act()
    assert said(draft) == [("Time-poor", "", "video", "", None)]


def test_appetites_propose_rules_within_the_limits_and_leave_what_was_said(alice, draft):
    set_overlay(version=draft, revision=1, scheme=make_overlay(), fewest=-1, most=0, by=alice)
    make_rule(draft, 1, by=alice, of="phone", channel="sms")
    draft.refresh_from_db()
    assert propose_rules(version=draft, revision=draft.revision, by=alice) == 3
    assert said(draft) == [
        ("Time-poor", "in_person", "video", "", -1),
        ("Time-poor", "phone", "sms", "", None),
        ("Time-poor", "video", "", "", -1),
        ("Solicitors", "", "", "client", None),
    ]


def test_a_rule_proposed_is_worded_for_who_reads_it(client, alice, draft):
    set_overlay(version=draft, revision=1, scheme=make_overlay(), fewest=0, most=0, by=alice)
    client.force_login(alice)
    with translation.override("fr"):
        propose_rules(version=draft, revision=2, by=alice)
    assert {rule.why for rule in ProfileRule.objects.all()} == {"From the profile’s appetites."}
    with translation.override("fr"):
        assert {rule.why for rule in ProfileRule.objects.all()} == {"D’après les appétences du profil."}
    page = client.get("/matrix/profiles/?version=draft").content.decode()
    assert ("From the profile’s appetites." in page, FROM_APPETITES in page) == (True, False)
    shown = client.get("/api/v1/profile-rules/").json()["results"]
    assert {row["note"] for row in shown} == {"From the profile’s appetites."}
    # What a person changes is that person's to explain.
    rule = ProfileRule.objects.filter(of_channel="phone").get()
    assert client.get(f"/matrix/draft/profiles/{rule.profile_id}/{rule.pk}/").context["form"].initial["note"] == ""


def test_a_new_version_and_a_return_keep_what_profiles_change(alice, draft):
    make_rule(draft, by=alice, of="phone", channel="email", times_change=-1)
    draft.refresh_from_db()
    first = publish_version(version=draft, revision=draft.revision, by=alice)
    second = start_draft(scheme=first.scheme, by=alice)
    assert (second.overlay_id, second.fewest_change, second.most_change) == (make_overlay().pk, -2, 2)
    assert said(second) == said(first)
    set_overlay(version=second, revision=1, scheme=None, fewest=0, most=0, by=alice)
    publish_version(version=second, revision=2, by=alice)
    first.refresh_from_db()
    third = roll_back(to=first, by=alice)
    assert (third.overlay_id, said(third)) == (make_overlay().pk, said(first))


def test_what_profiles_change_is_part_of_the_difference_between_versions(alice, draft):
    make_rule(draft, by=alice, of="phone", channel="email", times_change=-1)
    draft.refresh_from_db()
    first = publish_version(version=draft, revision=draft.revision, by=alice)
    second = start_draft(scheme=first.scheme, by=alice)
    assert compare_versions(before=first, after=second).is_empty
    make_rule(second, by=alice, of="phone", channel="video")
    make_rule(second, 2, by=alice, initiative="client")
    second.refresh_from_db()
    set_overlay(version=second, revision=second.revision, scheme=make_overlay(), fewest=-1, most=2, by=alice)
    difference = compare_versions(before=first, after=MatrixVersion.objects.get(pk=second.pk))
    assert difference.overlay == ("Profiles, from −2 to +2 times a year", "Profiles, from −1 to +2 times a year")
    set_overlay(version=second, revision=second.revision, scheme=None, fewest=0, most=0, by=alice)
    without = compare_versions(before=first, after=MatrixVersion.objects.get(pk=second.pk))
    assert without.overlay == ("Profiles, from −2 to +2 times a year", "none")
    assert [(change.profile.name_en, change.scope, change.before, change.after) for change in difference.profiles] == [
        ("Time-poor", "What is promised by: phone", "by: e-mail · −1 time a year", "by: video"),
        ("Solicitors", "Every promise", "", "first step: the client"),
    ]


def test_hours_are_those_of_every_client_counted_one_by_one(alice):
    """Three clients of one segment: one as it is, one whose profile is called less, one with an exception too."""
    draft = make_draft(by=alice, preset=None)
    calls, letters = ensure_catalogue(by=alice)["check_in_call"], ensure_catalogue(by=alice)["newsletter"]
    segment = segment_of(draft.scheme, 1)
    for kind, channel, times, most, minutes in ((calls, "phone", 4, 6, 30), (letters, "email", 2, None, 10)):
        Promise.objects.create(
            version=draft, segment=segment, touchpoint_type=kind, times=times, times_at_most=most, channel=channel, performer="adviser",
            minutes=minutes, window_days=5, direct_cost=Decimal(1),
        )  # fmt: skip
    place_clients(make_scheme(), by_rank={1: 1}, adviser=alice)
    less, exempted = make_exempted(by=alice), make_exempted(by=alice)
    for client in (less, exempted):
        put_in_profile(client, 1)
    make_rule(draft, by=alice, of="phone", times_change=-1)
    except_client(exempted, calls, by=alice, times=12, minutes=45)
    except_client(exempted, letters, by=alice, is_nothing=True)
    draft.refresh_from_db()
    load = yearly_load(counts={segment.pk: 3}, version=draft).segments[segment.pk]
    owed = Fraction(4 * 30 + 2 * 10 + 3 * 30 + 2 * 10 + 12 * 45, 60)
    at_most = Fraction(6 * 30 + 2 * 10 + 5 * 30 + 2 * 10 + 12 * 45, 60)
    assert abs(Fraction(load.total_hours) - owed) < Fraction(1, 10**9)
    assert abs(Fraction(load.total_hours_at_most) - at_most) < Fraction(1, 10**9)
    assert round(load.direct_cost, 6) == (4 + 2) + (3 + 2) + 12


@pytest.mark.parametrize("with_profiles", [True, False])
def test_an_exception_of_who_was_archived_weighs_nothing(alice, draft, with_profiles):
    place_clients(draft.scheme, by_rank={1: 2}, adviser=alice)
    gone = make_exempted(by=alice)
    if with_profiles:
        put_in_profile(gone, 1)
        make_rule(draft, by=alice, times_change=1)
    draft.refresh_from_db()
    segment = segment_of(draft.scheme, 1)
    except_client(gone, ensure_catalogue(by=alice)["check_in_call"], by=alice, times=50, minutes=60)
    Client.objects.filter(pk=gone.pk).update(archived_at=Now())
    archived = yearly_load(counts={segment.pk: 2}, version=draft).total_hours
    PromiseException.objects.all().delete()
    assert archived == yearly_load(counts={segment.pk: 2}, version=draft).total_hours


def test_a_segment_nobody_is_in_weighs_what_it_says(alice, draft):
    place_clients(draft.scheme, by_rank={2: 1}, adviser=alice)
    before = yearly_load(counts={segment_of(draft.scheme, 1).pk: 2}, version=draft).total_hours
    make_rule(draft, by=alice, times_change=2)
    draft.refresh_from_db()
    assert yearly_load(counts={segment_of(draft.scheme, 1).pk: 2}, version=draft).total_hours == before
