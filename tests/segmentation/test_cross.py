"""Two schemes crossed: the counts are those of the lists they lead to, within the reader's book."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from clients.models import Client
from firms.wall import enter_firm
from segmentation.crossing import Tally, cross_schemes, published_schemes
from segmentation.models import Segment
from segmentation.publishing import make_service_scheme, publish_version, start_draft
from segmentation.segment_filter import in_segment
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_scheme, potential

# By potential: Top from 7, Middle from 4, Rest below; so for the overlay by the quality of the relationship.
BOOK = [(9, 9, 100), (8, 2, 50), (5, 5, None), (5, 9, 20), (1, 1, None), (1, 2, None)]


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def crossed(alice):
    """(service scheme, overlay), published over a book of six clients of Alice's."""
    place_clients(alice, BOOK)
    return publish_both(alice)


def place_clients(adviser, book):
    return Client.objects.bulk_create(
        Client(adviser=adviser, name=f"Client {number}", potential=value, relationship_quality=warmth, aum=aum)
        for number, (value, warmth, aum) in enumerate(book)
    )


def publish_both(by):
    service = publish_version(version=make_draft(make_scheme(name="Levels")), by=by).version.scheme
    make_service_scheme(scheme=service, by=by)
    warmth = make_draft(make_scheme(names=("Close", "Usual", "Distant"), name="Warmth"), criteria=(by_warmth(),))
    return service, publish_version(version=warmth, by=by).version.scheme


def by_warmth():
    return replace(potential(), attribute="relationship_quality")


def named(tallies):
    names = dict(Segment.objects.values_list("pk", "name_en"))
    return {(names.get(row), names.get(column)): (tally.clients, tally.aum) for (row, column), tally in tallies.items()}


def show(browser, **query):
    return browser.get(reverse("scheme_cross"), query)


def listed(browser, address):
    return browser.get(reverse("client_list"), parse_qsl(urlsplit(address).query)).context["filters"].qs


def test_clients_and_known_assets_are_counted_by_both_segments(alice, crossed):
    service, overlay = crossed
    assert named(cross_schemes(rows=service, columns=overlay, user=alice)) == {
        ("Top", "Close"): (1, Decimal(100)),
        ("Top", "Distant"): (1, Decimal(50)),
        ("Middle", "Usual"): (1, None),
        ("Middle", "Close"): (1, Decimal(20)),
        ("Rest", "Distant"): (2, None),
    }


def test_it_is_one_statement(alice, crossed, django_assert_num_queries):
    with django_assert_num_queries(1):
        cross_schemes(rows=crossed[0], columns=crossed[1], user=alice)


def test_whoever_one_scheme_does_not_place_is_counted_and_whoever_neither_does_is_not(alice):
    place_clients(alice, [(9, 9, 10), (1, 1, 20)])
    service = publish_version(version=make_draft(make_scheme()), by=alice).version.scheme
    place_clients(alice, [(9, 9, 40)])
    overlay = make_scheme(names=("Close", "Distant"), name="Warmth")
    assert named(cross_schemes(rows=service, columns=overlay, user=alice)) == {("Top", None): (1, Decimal(10)), ("Rest", None): (1, Decimal(20))}


def test_archived_clients_are_left_out_as_the_list_leaves_them_out(alice, crossed):
    Client.objects.filter(name="Client 0").update(archived_at=timezone.now())
    assert ("Top", "Close") not in named(cross_schemes(rows=crossed[0], columns=crossed[1], user=alice))


def test_an_adviser_sees_the_own_book_alone(client, alice):
    anna = factories.make_user(name="Anna")
    place_clients(alice, BOOK)
    place_clients(anna, [(9, 9, 7)])
    service, overlay = publish_both(alice)
    assert named(cross_schemes(rows=service, columns=overlay, user=anna)) == {("Top", "Close"): (1, Decimal(7))}
    client.force_login(anna)
    crossing = show(client).context["crossing"]
    assert (crossing.total, [len(line.cells) for line in crossing.lines]) == (Tally(1, Decimal(7)), [3, 3, 3])


def test_sums_of_unknown_assets_are_unknown():
    assert Tally(1, None) + Tally(2, None) == Tally(3, None)
    assert Tally(1, None) + Tally(2, Decimal(5)) == Tally(3, Decimal(5))


# --- The page ---


def test_the_service_scheme_stands_by_the_first_overlay_until_asked_otherwise(browser, crossed):
    service, overlay = crossed
    first = show(browser).context["crossing"]
    swapped = show(browser, rows=overlay.pk).context["crossing"]
    assert [(first.rows, first.columns), (swapped.rows, swapped.columns)] == [(service, overlay), (overlay, service)]


def test_rows_and_columns_add_up_and_the_fullest_cell_is_darkest(browser, crossed):
    crossing = show(browser).context["crossing"]
    assert [line.total.tally.clients for line in crossing.lines] == [2, 2, 2]
    assert [total.tally for total in crossing.totals] == [Tally(2, Decimal(120)), Tally(1, None), Tally(3, Decimal(50))]
    assert [[cell.shade for cell in line.cells] for line in crossing.lines] == [[2, 0, 2], [2, 2, 0], [0, 0, 4]]
    assert sum(cell.share for line in crossing.lines for cell in line.cells) == pytest.approx(1)


def test_every_number_leads_to_as_many_clients(browser, crossed):
    crossing = show(browser).context["crossing"]
    cells = [cell for line in crossing.lines for cell in [*line.cells, line.total]] + crossing.totals
    assert [listed(browser, cell.address).count() for cell in cells if cell.address] == [cell.tally.clients for cell in cells if cell.address]
    assert [cell.tally.clients for cell in cells if not cell.address] == [0] * 4


def test_the_list_names_both_segments_and_lets_go_of_one(browser, crossed):
    service, overlay = crossed
    top, close = service.segments.get(rank=1), overlay.segments.get(rank=1)
    shown = browser.get(reverse("client_list"), {"segments": [in_segment(service.pk, top.pk), in_segment(overlay.pk, close.pk)]}).content.decode()
    assert ("selected>Levels: Top</option>" in shown, "selected>Warmth: Close</option>" in shown) == (True, True)
    one = browser.get(reverse("client_list"), {"segments": ["", in_segment(overlay.pk, close.pk)]})
    assert one.context["filters"].qs.count() == 2
    assert 'name="segments"' not in browser.get(reverse("client_list")).content.decode()


def test_the_list_of_whom_a_scheme_does_not_place(browser, alice, crossed):
    (late,) = make_book(alice, [9])
    found = browser.get(reverse("client_list"), {"segments": in_segment(crossed[1].pk, None)}).context["filters"].qs
    assert list(found) == [late]


@pytest.mark.parametrize("asked", ["nonsense", "1-", "999999-1", "-none", "1-9999999999", "²-1"])
def test_a_segment_that_is_not_there_holds_nobody(browser, crossed, asked):
    assert browser.get(reverse("client_list"), {"segments": asked}).context["filters"].qs.count() == 0


def test_segments_of_another_firm_hold_nobody_and_are_not_named(browser, alice, alpha, beta, crossed):
    enter_firm(beta.pk)
    foreign = make_scheme(name="Secret")
    asked = in_segment(foreign.pk, foreign.segments.get(rank=1).pk)
    enter_firm(alpha.pk)
    answer = browser.get(reverse("client_list"), {"segments": asked})
    assert (answer.context["filters"].qs.count(), "Secret" in answer.content.decode()) == (0, False)


def test_the_same_scheme_twice_is_refused_beside_the_field(browser, crossed):
    answer = show(browser, rows=crossed[0].pk, columns=crossed[0].pk)
    assert answer.context["form"].errors == {"columns": ["Choose another scheme than that of the rows."]}
    assert "crossing" not in answer.context


@pytest.mark.parametrize("rows", ["0", "x", "999999"])
def test_a_scheme_that_is_not_there_is_refused_beside_the_field(browser, crossed, rows):
    assert list(show(browser, rows=rows).context["form"].errors) == ["rows"]


def test_one_published_scheme_has_nothing_to_be_crossed_with(browser, alice):
    publish_version(version=make_draft(make_scheme()), by=alice)
    make_draft(make_scheme(name="Only a draft"))
    assert [scheme.name_en for scheme in published_schemes(alice)] == ["Levels"]
    assert "Two published schemes are needed" in show(browser).content.decode()
    assert reverse("scheme_cross") not in browser.get(reverse("scheme_list")).content.decode()


def test_the_list_of_schemes_leads_there_once_two_are_published(browser, crossed):
    assert reverse("scheme_cross") in browser.get(reverse("scheme_list")).content.decode()


def test_nobody_placed_is_said(client, crossed):
    client.force_login(factories.make_user(name="Anna"))
    assert "None of the clients you may see" in show(client).content.decode()


def test_the_page_costs_the_same_for_one_client_and_for_thirty(browser, alice, django_assert_num_queries, django_assert_max_num_queries):
    place_clients(alice, BOOK[:1])
    publish_both(alice)
    show(browser)
    # Two of them open and close the request's savepoint here.
    with django_assert_max_num_queries(10) as few:
        show(browser)
    place_clients(alice, BOOK * 5)
    for scheme in published_schemes(alice):
        publish_version(version=start_draft(scheme=scheme), by=alice)
    with django_assert_num_queries(len(few.captured_queries)):
        assert show(browser).context["crossing"].total.clients == 31


# --- How the clients of a segment like to be served ---


def test_the_style_of_a_segment_is_written_on_its_page_and_read_on_the_schemes_and_the_clients(browser, alice, crossed):
    segment = crossed[1].segments.get(rank=1)
    browser.post(
        reverse("segment_edit", args=[segment.pk]),
        {"name_en": "Close", "name_fr": "Proche", "initiative": "client", "default_channel": "sms", "presence": "remote", "frequency": "low"},
    )
    line = "First step: the client · default channel: SMS · at a distance · frequency: low"
    segment.refresh_from_db()
    assert segment.style == line
    assert line in browser.get(reverse("scheme_detail", args=[segment.scheme_id])).content.decode()
    client = Client.objects.get(name="Client 0")
    assert line in browser.get(reverse("client_detail", args=[client.pk])).content.decode()
    with translation.override("fr"):
        assert segment.style == "Premier pas\u202f: le client · canal par défaut\u202f: SMS · à distance · fréquence\u202f: faible"


def test_a_style_that_is_not_there_is_refused_and_nothing_is_written(browser, crossed):
    segment = crossed[1].segments.get(rank=1)
    answer = browser.post(reverse("segment_edit", args=[segment.pk]), {"name_en": "New", "name_fr": "Neuf", "initiative": "nobody"})
    assert list(answer.context["form"].errors) == ["initiative"]
    segment.refresh_from_db()
    assert (segment.name_en, segment.style) == ("Close", "")
