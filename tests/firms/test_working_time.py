from decimal import Decimal

from django.apps import apps
from django.db.models import Q

from firms.models import Firm, PersonTerms
from firms.working_time import Terms, WorkingPerson, WorkingTime, role_terms, set_person_terms, set_role_terms, working_rows, working_time_of
from tests import factories

D = Decimal


def firm_of(user):
    return Firm.objects.get(pk=user.firm_id)


def read_working_time(firm: Firm, *, also: Q | None = None) -> WorkingTime:
    return working_time_of(firm, working_rows(firm.pk, also=also))


def test_until_told_otherwise_a_week_is_the_regions_usual_one_and_an_hour_costs_nobody_knows_what(alice):
    assert role_terms(firm_of(alice)) == {"adviser": Terms(D("37.5"), None), "assistant": Terms(D("37.5"), None)}
    assert role_terms(Firm(pk=0, region="FR")) == {"adviser": Terms(D(35), None), "assistant": Terms(D(35), None)}


def test_a_person_has_the_terms_of_the_role_or_their_own(alice):
    usual = {"adviser": Terms(D(40), D(120)), "assistant": Terms(D(35), D(45))}
    set_role_terms(terms=usual, assistant_percent=70, by=alice)
    bruno = factories.make_user(name="Bruno", role="adviser")
    chantal = factories.make_user(name="Chantal", role="assistant")
    denis = factories.make_user(name="Denis", role="assistant")
    factories.make_user(name="Eve", role="compliance")
    factories.make_user(name="Fred", role="adviser", is_active=False)
    set_person_terms(user=chantal, terms=Terms(D(21), None), by=alice)
    set_person_terms(user=denis, terms=Terms(None, D("52.25")), by=alice)
    assert read_working_time(firm_of(alice)).people == [
        WorkingPerson(bruno.pk, "Bruno", "adviser", D(40), D(120)),
        WorkingPerson(chantal.pk, "Chantal", "assistant", D(21), D(45)),
        WorkingPerson(denis.pk, "Denis", "assistant", D(35), D("52.25")),
    ]
    assert firm_of(alice).assistant_percent == 70


def test_an_administrator_counts_as_an_adviser_with_a_week_of_their_own_or_when_named(alice):
    assert read_working_time(firm_of(alice)).people == []
    assert [person.role for person in read_working_time(firm_of(alice), also=Q(pk=alice.pk)).people] == ["adviser"]
    set_person_terms(user=alice, terms=Terms(D(10), None), by=alice)
    assert [(person.role, person.weekly_hours) for person in read_working_time(firm_of(alice)).people] == [("adviser", D(10))]


def test_thirty_people_take_as_many_statements_as_one(alice, django_assert_num_queries):
    firm = firm_of(alice)
    for count in (1, 30):
        for _ in range(count):
            set_person_terms(user=factories.make_user(), terms=Terms(D(30), D(90)), by=alice)
        with django_assert_num_queries(1):
            read_working_time(firm)


def test_what_was_said_before_is_remembered(alice):
    for cost in (D(100), D(120)):
        set_role_terms(terms={"adviser": Terms(D(35), cost)}, assistant_percent=50, by=alice)
    assert list(apps.get_model("firms", "RoleTermsEvent")._default_manager.order_by("pgh_id").values_list("hourly_cost", flat=True)) == [
        D(100),
        D(120),
    ]


def test_the_page_saves_both_roles_and_refuses_what_makes_no_sense(client, alice):
    client.force_login(alice)
    typed = {"adviser_weekly_hours": "35", "adviser_hourly_cost": "110", "assistant_weekly_hours": "37.5", "assistant_percent": "60"}
    client.post("/people/hours-and-costs/", typed)
    assert role_terms(firm_of(alice)) == {"adviser": Terms(D(35), D(110)), "assistant": Terms(D("37.5"), None)}
    assert firm_of(alice).assistant_percent == 60
    absurd = {"adviser_weekly_hours": "-1", "assistant_percent": "101", "adviser_hourly_cost": "NaN"}
    response = client.post("/people/hours-and-costs/", typed | absurd)
    assert sorted(response.context["form"].errors) == ["adviser_hourly_cost", "adviser_weekly_hours", "assistant_percent"]
    assert not PersonTerms.objects.exists()
