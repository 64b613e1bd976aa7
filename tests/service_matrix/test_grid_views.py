import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from firms.models import Firm
from segmentation.models import Segment
from service_matrix.catalogue import BY_KEY
from service_matrix.grid import matrix_grid
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from service_matrix.touchpoint_types import TypeDraft, change_type
from service_matrix.versions import publish_version, set_reactive_minutes, start_draft
from tests import factories
from tests.service_matrix.rows import except_client, make_draft, make_exempted, make_overlay, make_rule, make_scheme, place_clients, segment_of

HTMX = {"HX-Request": "true"}
TYPED = {"revision": "1", "seen": "empty", "frequency": "4", "channel": "phone", "minutes": "30"}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def address(draft: MatrixVersion, name: str = "promise_cell", *, key: str = "newsletter", rank: int = 1) -> str:
    return reverse(name, args=[TouchpointType.objects.get(key=key).pk, segment_of(draft.scheme, rank).pk])


def cells() -> list[tuple[int, int | None, int | None, str, int, int]]:
    return list(Promise.objects.order_by("pk").values_list("times", "times_at_most", "every", "channel", "minutes", "window_days"))


def test_a_cell_typed_in_its_place_is_a_promise_like_the_type_is_usually_done(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft), TYPED | {"frequency": "3-4"}, headers=HTMX)
    assert (response["HX-Retarget"], cells()) == ("#matrix-grid", [(3, 4, None, "phone", 30, 30)])
    assert "3–4 × Phone · 30 min" in response.content.decode()


@pytest.mark.parametrize(
    ("key", "frequency", "place"),
    [
        ("birthday_greeting", "1", ("birthday", None)),
        ("birthday_greeting", "2", ("spread", None)),
        ("season_greetings", "1", ("month", 12)),
        ("year_end_tax_checklist", "1", ("month", 11)),
        ("year_end_tax_checklist", "12 months", ("spread", None)),
        ("newsletter", "1", ("spread", None)),
    ],
)
def test_a_new_cell_falls_when_its_type_usually_does(signed_in, alice, key, frequency, place):
    draft = make_draft(by=alice, preset=None)
    shown = signed_in.get(address(draft, "promise_edit", key=key), headers=HTMX).context["form"].initial
    assert (shown["anchor"], shown["anchor_month"]) == (place if frequency == "1" else usual(key))
    signed_in.post(address(draft, key=key), TYPED | {"frequency": frequency}, headers=HTMX)
    assert Promise.objects.values_list("anchor", "anchor_month").get() == place


def usual(key: str) -> tuple[str, int | None]:
    return BY_KEY[key].anchor.value, BY_KEY[key].anchor_month


def test_a_cell_that_is_there_keeps_its_place_in_the_year(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    there = address(draft, key="season_greetings")
    signed_in.post(there, TYPED | {"frequency": "2"}, headers=HTMX)
    read = signed_in.get(there, headers=HTMX).context["form"]
    signed_in.post(there, TYPED | {"revision": read["revision"].value(), "seen": read["seen"].value(), "frequency": "1"}, headers=HTMX)
    assert Promise.objects.values_list("times", "anchor").get() == (1, "spread")


@pytest.mark.parametrize("typed", ["366", "999999999", "300-400"])
def test_too_many_times_in_a_filled_cell_is_one_error_and_not_a_window_too(signed_in, alice, typed):
    draft = make_draft(by=alice)
    there = address(draft, key="reporting")
    read = signed_in.get(there, headers=HTMX).context["form"]
    before = cells()
    sent = TYPED | {"revision": read["revision"].value(), "seen": read["seen"].value(), "frequency": typed}
    errors = signed_in.post(there, sent, headers=HTMX).context["form"].errors
    assert (errors, cells()) == ({"frequency": ["At most 52 times a year: once a week."]}, before)


def test_what_a_cell_does_not_show_stays_and_the_window_gives_way(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    signed_in.post(address(draft), TYPED, headers=HTMX)
    Promise.objects.update(note="as agreed", lead_days=9, window_days=60)
    signed_in.post(address(draft), TYPED | {"revision": "1", "frequency": "12"}, headers=HTMX)
    # The note and lead time were changed behind the page's back: the cell says otherwise than when it was read.
    assert cells() == [(4, None, None, "phone", 30, 60)]
    form = signed_in.get(address(draft), headers=HTMX).context["form"]
    signed_in.post(address(draft), TYPED | {"revision": form["revision"].value(), "seen": form["seen"].value(), "frequency": "12"}, headers=HTMX)
    assert cells() == [(12, None, None, "phone", 30, 29)]
    assert Promise.objects.values_list("note", "lead_days").get() == ("as agreed", 9)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"frequency": "-3"}, "At least once a year. To promise nothing, empty the cell."),
        ({"frequency": "99"}, "At most 52 times a year: once a week."),
        ({"frequency": "999999999"}, "At most 52 times a year: once a week."),
        ({"frequency": "5-3"}, "A range goes from the lower figure to the higher one."),
        ({"frequency": "every 99 weeks"}, "An interval lasts from one week or month to a year."),
        ({"frequency": "often"}, "Type a number such as 4, a range such as 3-4, or an interval such as 6 weeks."),
        ({"minutes": "1441"}, "There are 1,440 minutes in a day."),
        ({"minutes": "-1"}, "Minutes cannot be negative."),
        ({"channel": "pigeon"}, "Select a valid choice. pigeon is not one of the available choices."),
    ],
)
def test_what_makes_no_sense_is_said_in_the_cell_and_nothing_is_written(signed_in, alice, typed, error):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft), TYPED | typed, headers=HTMX)
    assert [fault for faults in response.context["form"].errors.values() for fault in faults] == [error]
    assert error in response.content.decode()
    assert (cells(), MatrixVersion.objects.get().revision) == ([], 1)


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("promise_cell", {"frequency": "-3"}, "Au moins une fois par an."),
        ("promise_cell", {"frequency": "99"}, "Au plus 52 fois par an"),
        ("promise_cell", {"frequency": "souvent"}, "Tapez un nombre comme 4"),
        ("promise_cell", {"minutes": "1441"}, "440 minutes"),
        ("promise_cell", {"minutes": "-1"}, "Le nombre de minutes ne peut pas être négatif."),
        ("promise_edit", {"times": "-3"}, "Au moins une fois par an."),
        ("promise_edit", {"times": "400"}, "Au plus 52 fois par an"),
        ("promise_edit", {"minutes": "1441"}, "440 minutes"),
        ("promise_edit", {"times": "12", "window_days": "40"}, "doit être plus court"),
        ("promise_edit", {"window_days": "-1"}, "ne peut pas être négati"),
    ],
)
def test_bad_input_is_said_beside_its_field_in_french_too(signed_in, alice, name, typed, words):
    draft = make_draft(by=alice, preset=None)
    alice.language = "fr"
    alice.save()
    usual = TYPED | {"times": "2", "performer": "adviser", "window_days": "10"}
    response = signed_in.post(address(draft, name), usual | typed, headers=HTMX)
    [(field, [error])] = [(field, list(faults)) for field, faults in response.context["form"].errors.items()]
    page = response.content.decode()
    assert (field in typed, words in error.replace("\u202f", " ")) == (True, True), (field, error)
    # Beside the field: its own list of errors comes after it.
    assert page.index(f'name="{field}"') < page.rindex(error.split("“")[0].split("’")[0][:20])
    assert cells() == []


def test_a_firm_without_working_days_is_told_at_every_segment_promised_something(signed_in, alice):
    draft = make_draft(by=alice)
    Promise.objects.filter(segment__rank=2).delete()
    Firm.objects.filter(pk=alice.firm_id).update(working_days=[])
    grid = signed_in.get("/matrix/?version=draft").context["grid"]
    nobody = "The firm’s week has no working day: nothing promised to {} can be planned."
    assert [column.warnings for column in grid.columns] == [
        [nobody.format("Premium")],
        ["Standard is promised nothing."],
        [nobody.format("Acquisition")],
    ]
    assert draft.pk


def test_a_cell_emptied_promises_nothing(signed_in, alice):
    draft = make_draft(by=alice)
    for rank, emptied in ((1, ""), (2, "0")):
        there = address(draft, key="reporting", rank=rank)
        read = signed_in.get(there, headers=HTMX).context["form"]
        signed_in.post(there, TYPED | {"revision": read["revision"].value(), "seen": read["seen"].value(), "frequency": emptied}, headers=HTMX)
    assert list(Promise.objects.filter(touchpoint_type__key="reporting").values_list("segment__rank", flat=True)) == [3]


def test_both_values_of_a_conflict_are_shown_with_who_and_the_second_decides(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    read = signed_in.get(address(draft), headers=HTMX).context["form"]
    bob = factories.make_user(name="Bob Côté", role="admin")
    other = Client()
    other.force_login(bob)
    other.post(address(draft), TYPED | {"frequency": "6"}, headers=HTMX)
    mine = TYPED | {"revision": read["revision"].value(), "seen": read["seen"].value(), "frequency": "2"}
    response = signed_in.post(address(draft), mine, headers=HTMX)
    page = response.content.decode()
    assert [words in page for words in ("Someone else changed this cell", "Bob Côté", "6 × Phone, 30 min", "2 × Phone, 30 min")] == [True] * 4
    assert cells()[0][0] == 6
    signed_in.post(address(draft), response.context["form"].data, headers=HTMX)
    assert cells()[0][0] == 2


DIALOG = {"times": "2", "channel": "phone", "performer": "adviser", "minutes": "30", "window_days": "10"}


def typed_over(signed_in, draft: MatrixVersion, name: str, mine: dict[str, str], **theirs: object) -> str:
    """What the page says when a colleague wrote the cell between reading it and saving `mine`."""
    signed_in.post(address(draft, "promise_edit"), {**DIALOG, "revision": MatrixVersion.objects.get().revision, "seen": "empty"}, headers=HTMX)
    read = signed_in.get(address(draft, name), headers=HTMX).context["form"]
    Promise.objects.update(**theirs)
    MatrixVersion.objects.update(revision=9)
    page = signed_in.post(address(draft, name), {"revision": read["revision"].value(), "seen": read["seen"].value()} | mine, headers=HTMX)
    assert Promise.objects.values(*theirs).get() == theirs
    return " ".join(page.content.decode().split())


THEIRS = {"note": "By hand", "direct_cost": Decimal("25.00"), "performer": "assistant", "window_days": 40, "lead_days": 14}
YEARLY = {"anchor": "month", "anchor_month": 3, "times": 1}


@pytest.mark.parametrize("name", ["promise_edit", "promise_cell"])
def test_a_conflict_says_every_difference_that_saving_again_would_make(signed_in, alice, name):
    draft = make_draft(by=alice, preset=None)
    mine = DIALOG | {"minutes": "45"} if name == "promise_edit" else {"frequency": "12", "channel": "phone", "minutes": "45"}
    page = typed_over(signed_in, draft, name, mine, **THEIRS, **YEARLY)
    everything = [
        "how often: 1 × → 2 ×",
        "done by: Assistant → Adviser",
        "minutes: 30 → 45",
        "direct cost: $25.00 → $0.00",
        "booked ahead (days): 14 → 0",
        "window (days): 40 → 10",
        "when in the year: in March → Spread evenly over the year",
        "note: By hand → –",
    ]
    # In its place a cell keeps what it does not show, and the window gives way to the shorter interval.
    in_place = ["how often: 1 × → 12 ×", "minutes: 30 → 45", "window (days): 40 → 29", "when in the year: in March → Spread evenly over the year"]
    found = re.findall(r"<li>([^<]*→[^<]*)</li>", page)
    assert found == (everything if name == "promise_edit" else in_place)


def test_emptying_a_cell_that_changed_meanwhile_says_that_nothing_is_promised(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    page = typed_over(signed_in, draft, "promise_edit", DIALOG | {"clear": "1"}, note="By hand")
    assert "<dt>You typed</dt> <dd>nothing</dd>" in page
    assert "no longer promised: 2 × Phone · 30 min" in page


def test_the_same_typed_twice_is_said_to_be_the_same(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    page = typed_over(signed_in, draft, "promise_edit", DIALOG | {"minutes": "45"}, minutes=45)
    assert "Yours and what it says now are the same." in page


def test_hours_and_capacity_move_as_one_types_and_nothing_is_written(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    place_clients(draft.scheme, by_rank={1: 10}, adviser=alice)
    there = address(draft, "matrix_preview")
    response = signed_in.post(there, TYPED | {"frequency": "6", "minutes": "60"}, headers=HTMX)
    assert response.context["grid"].yearly_hours[0] == 10 * 6
    assert 'hx-swap-oob="true"' in response.content.decode()
    assert signed_in.post(there, TYPED | {"frequency": ""}, headers=HTMX).context["grid"].yearly_hours[0] == 0
    assert cells() == []


def test_what_is_copied_and_undone_is_shown_at_once(signed_in, alice):
    draft = make_draft(by=alice)
    first, third = (segment_of(draft.scheme, rank).pk for rank in (1, 3))
    response = signed_in.post("/matrix/draft/copy/", {"kind": "column", "source": first, "target": third, "revision": "1"}, headers=HTMX)
    assert response.content.decode().count("3–4 × In person · 60 min") == 2
    response = signed_in.post("/matrix/draft/undo/", {"revision": "2"}, headers=HTMX)
    assert response.content.decode().count("3–4 × In person · 60 min") == 1
    response = signed_in.post("/matrix/draft/redo/", {"revision": "3"}, headers=HTMX)
    assert response.content.decode().count("3–4 × In person · 60 min") == 2


def test_a_copy_of_what_changed_meanwhile_is_refused(signed_in, alice):
    draft = make_draft(by=alice)
    first, third = (segment_of(draft.scheme, rank).pk for rank in (1, 3))
    before = cells()
    for values in ({"kind": "column", "source": first, "target": third, "revision": "9"}, {"kind": "column", "source": first, "target": first}):
        signed_in.post("/matrix/draft/copy/", {"revision": "1"} | values, headers=HTMX)
    assert signed_in.post("/matrix/draft/copy/", {"kind": "column", "source": "x", "target": "1", "revision": "1"}).status_code == 404
    assert cells() == before


SEGMENT_GONE = "This segment is no longer in the matrix: nothing was saved. Here is the grid as it is now."
TYPE_GONE = "This touchpoint type is no longer in use: nothing was saved. Here is the grid as it is now."


def retire(key: str, *, by) -> TouchpointType:
    kind = TouchpointType.objects.get(key=key)
    kept = {name: getattr(kind, name) for name in TypeDraft.__dataclass_fields__}
    return change_type(touchpoint_type=kind, draft=TypeDraft(**kept | {"is_active": False}), by=by)


@pytest.mark.parametrize("name", ["promise_cell", "promise_edit"])
def test_a_segment_deleted_while_its_cell_is_open_is_said_in_the_grid_as_it_is_now(signed_in, alice, name):
    draft = make_draft(by=alice)
    there = address(draft, name, key="reporting", rank=3)
    typed = signed_in.get(there, headers=HTMX).context["form"].initial | {"frequency": "7", "times": "7"}
    segment_of(draft.scheme, 3).delete()
    before = cells()
    response = signed_in.post(there, {field: value for field, value in typed.items() if value is not None}, headers=HTMX)
    page = response.content.decode()
    assert (response.status_code, response["HX-Retarget"], SEGMENT_GONE in page, "Acquisition" in page) == (200, "#matrix-grid", True, False)
    assert (cells(), MatrixVersion.objects.get().revision) == (before, 1)
    # Without htmx, and when the cell is only opened.
    assert SEGMENT_GONE in signed_in.get(there, headers=HTMX).content.decode()
    plain = signed_in.post(there, {"revision": "1"})
    assert (plain.status_code, SEGMENT_GONE in plain.content.decode()) == (404, True)


def test_a_segment_of_a_scheme_that_no_longer_serves_is_gone_too(signed_in, alice):
    draft = make_draft(by=alice)
    Segment.objects.filter(pk=segment_of(draft.scheme, 3).pk).update(scheme=make_overlay(), rank=9)
    moved = Segment.objects.get(rank=9)
    there = reverse("promise_cell", args=[TouchpointType.objects.get(key="newsletter").pk, moved.pk])
    assert SEGMENT_GONE in signed_in.post(there, TYPED, headers=HTMX).content.decode()


def test_a_type_out_of_use_can_be_emptied_and_promised_no_more(signed_in, alice):
    draft = make_draft(by=alice)
    there = address(draft, key="reporting", rank=1)
    read = signed_in.get(there, headers=HTMX).context["form"]
    typed = TYPED | {"revision": read["revision"].value(), "seen": read["seen"].value()}
    retire("reporting", by=alice)
    before = cells()
    page = signed_in.post(there, typed, headers=HTMX).content.decode()
    assert (TYPE_GONE in page, "no longer in use" in page, cells()) == (True, True, before)
    signed_in.post(there, typed | {"frequency": ""}, headers=HTMX)
    assert len(cells()) == len(before) - 1
    gone = reverse("promise_cell", args=[999_999, segment_of(draft.scheme, 1).pk])
    assert TYPE_GONE in signed_in.post(gone, typed, headers=HTMX).content.decode()
    assert TYPE_GONE in signed_in.post(gone.replace("/cell/", "/preview/"), typed, headers=HTMX).content.decode()


@pytest.mark.parametrize(
    ("kind", "pair", "words"),
    [("column", ("segment", 999_999), SEGMENT_GONE), ("row", ("type", "newsletter"), TYPE_GONE), ("cell", ("type", "newsletter"), TYPE_GONE)],
)
def test_copying_onto_what_is_gone_says_so_and_writes_nothing(signed_in, alice, kind, pair, words):
    draft = make_draft(by=alice)
    first = segment_of(draft.scheme, 1).pk
    source, target = (TouchpointType.objects.get(key=key).pk for key in ("reporting", "newsletter"))
    retire("newsletter", by=alice)
    before = cells()
    ends = {"column": (first, pair[1]), "row": (source, target), "cell": (f"{source}-{first}", f"{target}-{first}")}[kind]
    response = signed_in.post("/matrix/draft/copy/", {"kind": kind, "source": ends[0], "target": ends[1], "revision": "1"}, headers=HTMX)
    assert (words in response.content.decode(), cells(), MatrixVersion.objects.get().revision) == (True, before, 1)


def test_a_column_that_promises_a_type_out_of_use_is_not_copied_onto_another(signed_in, alice):
    draft = make_draft(by=alice)
    retire("reporting", by=alice)
    first, third = (segment_of(draft.scheme, rank) for rank in (1, 3))
    before = cells()
    copied = {"kind": "column", "source": first.pk, "target": third.pk, "revision": "1"}
    page = signed_in.post("/matrix/draft/copy/", copied, headers=HTMX).content.decode()
    assert (TYPE_GONE in page, cells(), MatrixVersion.objects.get().revision) == (True, before, 1)
    # Once nothing more is promised of it, the column is copied, and what the other was promised of it is gone.
    Promise.objects.filter(segment=first, touchpoint_type__key="reporting").delete()
    assert TYPE_GONE not in signed_in.post("/matrix/draft/copy/", copied, headers=HTMX).content.decode()
    assert sorted(Promise.objects.filter(segment=third).values_list("touchpoint_type__key", "times")) == [
        ("check_in_call", 12),
        ("review_meeting", 3),
    ]


def test_what_is_gone_is_said_in_french(signed_in, alice):
    draft = make_draft(by=alice)
    alice.language = "fr"
    alice.save()
    there = address(draft, key="reporting", rank=3)
    segment_of(draft.scheme, 3).delete()
    assert "Ce segment ne fait plus partie de la matrice" in signed_in.post(there, TYPED, headers=HTMX).content.decode()


def test_notes_and_warnings_stand_in_their_cell(signed_in, alice):
    draft = make_draft(by=alice)
    Promise.objects.filter(touchpoint_type__key="reporting", segment__rank=1).update(note="With the fiscal year")
    Promise.objects.filter(touchpoint_type__key="check_in_call", segment__rank=3).update(times=24)
    Promise.objects.filter(segment__rank=2).delete()
    page = signed_in.get("/matrix/?version=draft").content.decode()
    assert "With the fiscal year" in page
    assert "Standard is promised nothing." in page
    assert "more than Standard (0)." in page
    assert draft.pk


def test_a_grid_of_25_types_and_6_segments_takes_twelve_statements_at_most(signed_in, alice, django_assert_max_num_queries):
    scheme = make_scheme(segments=6)
    draft = start_draft(scheme=scheme, by=alice)
    while TouchpointType.objects.filter(is_active=True).count() < 26:
        TouchpointType.objects.create(name_en="Type", name_fr="Type", channel="phone", performer="adviser", minutes=10)
    publish_version(version=fill(draft), revision=1, by=alice)
    draft = fill(start_draft(scheme=scheme, by=alice), minutes=20)
    Promise.objects.filter(version=draft, touchpoint_type__key="birthday_greeting").update(times=1, anchor="birthday")
    signed_in.get("/matrix/types/")
    # Twelve, and the savepoint that stands for the transaction's BEGIN and COMMIT.
    with django_assert_max_num_queries(14):
        signed_in.get("/matrix/?version=draft")
    make_rule(draft, by=alice, of="phone", channel="video")
    except_client(make_exempted(by=alice), TouchpointType.objects.get(key="newsletter"), by=alice, minutes=5)
    set_reactive_minutes(version=draft, revision=MatrixVersion.objects.get(pk=draft.pk).revision, minutes=90, by=alice)
    preview = address(draft, "matrix_preview")
    # As many with profiles, an exception and an edit to take back; and so many for a preview.
    with django_assert_max_num_queries(14):
        response = signed_in.get("/matrix/?version=draft")
    with django_assert_max_num_queries(14):
        signed_in.post(preview, TYPED, headers=HTMX)
    assert response.context["grid"].undoable.by == alice.name
    assert len(response.context["grid"].rows) >= 25
    assert len(matrix_grid(draft).segments) == 6


def fill(draft: MatrixVersion, *, minutes: int = 10) -> MatrixVersion:
    Promise.objects.filter(version=draft).delete()
    Promise.objects.bulk_create(
        Promise(version=draft, segment=segment, touchpoint_type=kind, times=2, channel="phone", performer="either", minutes=minutes, window_days=9)
        for segment in Segment.objects.filter(scheme=draft.scheme)
        for kind in TouchpointType.objects.filter(is_active=True).exclude(key="reactive_service")
    )
    return draft
