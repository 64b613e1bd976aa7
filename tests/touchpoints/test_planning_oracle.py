"""The engine against the slow oracle, over random books, matrices and histories."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clients.models import Client, Interaction, LifeEvent, Person
from firms.models import Absence, Firm, User
from firms.wall import enter_firm
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.anchors import times_of_interval
from service_matrix.models import MatrixVersion, ProfileRule, PromiseException, TouchpointType
from tests import factories
from tests.touchpoints import oracle, planning_factories
from touchpoints.models import Status, Touchpoint
from touchpoints.planning import reconcile

STARTS = st.one_of(
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 28), date(2027, 12, 24)]),
)
TIMES = st.sampled_from([1, 1, 2, 3, 4, 6, 12, 26, 51, 52])
WEEKS = st.sampled_from([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [2, 4], [7], [5]])
CHANCE = st.integers(0, 9)
# Numbers of clients and types are new in each example and decide dates: nothing to replay or to shrink.
PHASES = (Phase.generate,)


class World:
    """A firm, and the things that happen to it."""

    def __init__(self, draw, firm: Firm, start: date) -> None:
        self.draw, self.firm, self.start = draw, firm, start
        self.advisers = [User.objects.create(email=f"{number}@random.test", role="adviser") for number in range(draw(st.integers(1, 2)))]
        self.segments = planning_factories.make_scheme(segments=draw(st.integers(1, 3)))
        self.types = [planning_factories.make_type(minutes=15 * number) for number in range(1, draw(st.integers(1, 3)) + 1)]
        # One of them is the shipped annual review, which others may follow.
        TouchpointType.objects.filter(pk=self.types[0].pk).update(key="annual_review")
        for _ in range(draw(st.integers(1, 5))):
            self.arrive()
        self.publish()

    def one_of(self, choices):
        return choices[self.draw(st.integers(0, len(choices) - 1))]

    def arrive(self) -> None:
        status = self.one_of(["client", "client", "prospect", "former"])
        client = factories.make_client(adviser=self.one_of(self.advisers), status=status, people=False)
        self.learn(client)
        if self.draw(CHANCE):
            planning_factories.place(client, self.one_of(self.segments), since=self.start + timedelta(days=self.draw(st.integers(-400, 200))))

    def some_day(self, least: int = -400, most: int = 200) -> date:
        return self.start + timedelta(days=self.draw(st.integers(least, most)))

    def learn(self, client: Client | None = None) -> None:
        """Something becomes known of a client: since when it is one, its next review, a birth date."""
        client = client or self.one_of(list(Client.objects.order_by("pk")))
        leap_day = date(1972, 2, 29)
        since = self.one_of([None, leap_day, self.some_day()])
        Client.objects.filter(pk=client.pk).update(client_since=since, next_review_on=self.one_of([None, None, self.some_day()]))
        if self.draw(st.booleans()):
            is_primary = self.draw(st.booleans()) and not Person.objects.filter(client=client, is_primary=True).exists()
            born = self.one_of([None, leap_day, date(1960, 1, 1), date(1975, 12, 31), self.some_day() - timedelta(days=15_000)])
            Person.objects.create(client=client, last_name="Roy", is_primary=is_primary, birth_date=born)

    def meet(self) -> None:
        """An interaction, at any hour of the day."""
        client = self.one_of(list(Client.objects.order_by("pk")))
        moment = datetime.combine(self.some_day(-250, 3), time(self.draw(st.integers(0, 23)), 30), tzinfo=UTC)
        channel = self.one_of(["in_person", "video", "phone", "email"])
        Interaction.objects.create(client=client, by=client.adviser, channel=channel, subject="News", happened_at=moment)

    def live(self) -> None:
        """Something happens in a client's life, is known beforehand, or was on another day after all."""
        client, on = self.one_of(list(Client.objects.order_by("pk"))), self.some_day(-400, 300)
        lived = LifeEvent.objects.filter(client=client).order_by("pk").first()
        if lived is not None and self.draw(st.booleans()):
            LifeEvent.objects.filter(pk=lived.pk).update(on=on)
        else:
            LifeEvent.objects.create(client=client, by=client.adviser, on=on, kind=self.one_of(LifeEvent.Kind.values), words="News")

    def go_away(self) -> None:
        starts_on = self.some_day(-60, 300)
        Absence.objects.create(user=self.one_of(self.advisers), starts_on=starts_on, ends_on=starts_on + timedelta(days=self.one_of([0, 6, 20, 70])))

    def falls(self) -> dict[str, Any]:
        """How often, and on what."""
        anchor = self.one_of(["spread", "spread", "every", "month", "date", "birthday", "anniversary", "review", "event", "event"])
        if anchor == "spread":
            return {"times": self.draw(TIMES), "times_at_most": self.one_of([None, 52])}
        if anchor == "every":
            every, unit = self.one_of([(1, "weeks"), (5, "weeks"), (26, "weeks"), (1, "months"), (7, "months"), (12, "months")])
            return {"times": times_of_interval(every, unit), "every": every, "every_unit": unit}
        hanging: dict[str, Any] = {"times": 1, "anchor": anchor}
        if anchor in {"month", "date"}:
            hanging["anchor_month"] = self.draw(st.integers(1, 12))
        if anchor == "date":
            hanging["anchor_day"] = self.one_of([1, 2, 15, 25, 28])
        if anchor == "event":
            happened = self.one_of(["became_client", "review_done", "meeting_held", "meeting_held", "segment_changed", "life_event", "life_event"])
            hanging |= {"anchor_event": happened, "anchor_days": self.one_of([0, 1, 10, 30, 200, 366])}
        return hanging

    def publish(self) -> None:
        promises: dict[tuple[Segment, TouchpointType], int | dict[str, Any]] = {
            (segment, touchpoint_type): {
                **self.falls(),
                "window_days": self.draw(st.integers(0, 60)),
                "lead_days": self.one_of([0, 21]),
                "channel": self.one_of(["phone", "email"]),
                "performer": self.one_of(["adviser", "assistant", "either"]),
            }
            for segment in self.segments
            for touchpoint_type in self.types
            if self.draw(CHANCE) > 2
        }
        if promises:
            planning_factories.publish(promises)

    def withdraw_matrix(self) -> None:
        MatrixVersion.objects.filter(status="published").update(status="retired")

    def change_segment(self) -> None:
        client = self.one_of(list(Client.objects.order_by("pk")))
        current = Assignment.objects.filter(client=client, ends_on=None).first()
        since = self.start + timedelta(days=self.draw(st.integers(0, 30)))
        if current is None or current.starts_on < since:
            planning_factories.place(client, self.one_of(self.segments), since=since)

    def leave(self) -> None:
        client = self.one_of(list(Client.objects.order_by("pk")))
        change = self.one_of([{"archived_at": Now()}, {"archived_at": None}, {"status": "former"}, {"status": "client"}])
        Client.objects.filter(pk=client.pk).update(**change)

    def change_adviser(self) -> None:
        client = self.one_of(list(Client.objects.order_by("pk")))
        Client.objects.filter(pk=client.pk).update(adviser=self.one_of(self.advisers))

    def work(self) -> None:
        """People handle some of the touchpoints, each in some way."""
        by = self.advisers[0]
        # As many draws whatever rows there are: how many fall in the horizon depends on the numbers that the types happen to have.
        chosen = [self.draw(st.integers(0, 7)) for _ in range(self.draw(st.integers(1, 8)))]
        rows = Touchpoint.objects.order_by("client", "touchpoint_type", "service_year", "ordinal")[: len(chosen)]
        for touchpoint, number in zip(rows, chosen, strict=False):
            change = (
                [
                    {"status": Status.DONE, "closed_by": by, "closed_at": datetime.combine(touchpoint.due_on, time(2), tzinfo=UTC)},
                    {"status": Status.SKIPPED, "closed_by": by, "closed_at": Now(), "reason": "Away"},
                    {"status": Status.CANCELLED, "closed_by": by, "closed_at": Now()},
                    {"status": Status.CANCELLED, "closed_by": None, "closed_at": Now()},
                    {"status": Status.MISSED, "closed_at": Now()},
                    {"status": Status.CLAIMED, "claimed_by": by, "claimed_at": Now()},
                    {
                        "due_on": touchpoint.due_on + timedelta(days=9),
                        "window_ends_on": touchpoint.window_ends_on + timedelta(days=9),
                        "is_hand_set": True,
                    },
                    {"minutes": 1},
                ]
            )[number]
            Touchpoint.objects.filter(pk=touchpoint.pk).update(**change)

    def add_history(self) -> None:
        """Rows from another time: their keys may or may not be wanted."""
        client = self.one_of(list(Client.objects.order_by("pk")))
        due_on = self.start + timedelta(days=self.draw(st.integers(-40, 10) | st.integers(-120, 500)))
        status = self.one_of([*Status, Status.PLANNED, Status.PLANNED])
        closed = status in {Status.DONE, Status.SKIPPED}
        ordinal = self.one_of([1, 2, 3, 4, 1001, 1004, (due_on - date(2000, 1, 1)).days - 10])
        kind, segment = self.one_of(self.types), self.one_of(self.segments)
        is_hand_set = not self.draw(CHANCE)
        closed_at = self.one_of([None, datetime.combine(due_on, time(3), tzinfo=UTC)]) if closed else None
        if ordinal > 1000 and Touchpoint.objects.filter(client=client, touchpoint_type=kind, ordinal=ordinal).exists():
            return
        key = {"touchpoint_type": kind, "service_year": due_on.year, "ordinal": ordinal}
        Touchpoint.objects.get_or_create(
            client=client,
            **key,
            defaults={
                "adviser": client.adviser,
                "segment": segment,
                "due_on": due_on,
                "window_ends_on": due_on + timedelta(days=5),
                "channel": "post",
                "performer": "adviser",
                "minutes": 7,
                "status": status,
                "is_hand_set": is_hand_set,
                "closed_by": self.advisers[0] if closed else None,
                "closed_at": closed_at,
                "interaction": Interaction.objects.filter(client=client).order_by("pk").last() if closed else None,
            },
        )

    def pass_time(self) -> None:
        self.start += timedelta(days=self.draw(st.integers(1, 200)))

    EVENTS: tuple[Callable[..., None], ...] = (
        *(arrive, publish, publish, withdraw_matrix, change_segment, change_segment, leave),
        *(change_adviser, work, work, add_history, add_history, add_history, pass_time),
        *(learn, learn, meet, meet, live, live, go_away, go_away),
    )


class OverlaidWorld(World):
    """The same, where relational profiles change promises and some clients have exceptions."""

    def __init__(self, draw, firm: Firm, start: date) -> None:
        self.overlay = Scheme.objects.create(name_en="Profiles", name_fr="Profils")
        self.profiles = [
            Segment.objects.create(scheme=self.overlay, rank=rank, name_en=f"Profile {rank}", name_fr=f"Profil {rank}") for rank in (1, 2)
        ]
        super().__init__(draw, firm, start)
        for _ in range(draw(st.integers(0, 3))):
            self.make_exception()

    def arrive(self) -> None:
        super().arrive()
        if self.draw(st.booleans()):
            newest = Client.objects.latest("pk")
            planning_factories.place(newest, self.one_of(self.profiles), since=self.start - timedelta(days=500))

    def publish(self) -> None:
        super().publish()
        version = MatrixVersion.objects.filter(status="published").first()
        if version is None or not self.draw(CHANCE):
            return
        MatrixVersion.objects.filter(pk=version.pk).update(overlay=self.overlay)
        for profile in self.profiles:
            for kind, of_channel in ((None, ""), (None, "phone"), (self.types[0], "")):
                if self.draw(st.booleans()):
                    says = {
                        "channel": self.one_of(["", "video"]),
                        "spacing": self.one_of(["", "evenly", "review", "rolling"]),
                        "times_change": self.one_of([None, -1, 2, 0]),
                        "note": "Asked for",
                    }
                    if says["channel"] or says["spacing"] or says["times_change"] is not None:
                        ProfileRule.objects.create(version=version, profile=profile, touchpoint_type=kind, of_channel=of_channel, **says)

    def change_profile(self) -> None:
        client = self.one_of(list(Client.objects.order_by("pk")))
        Assignment.objects.filter(client=client, scheme=self.overlay).delete()
        if self.draw(CHANCE) > 2:
            planning_factories.place(client, self.one_of(self.profiles), since=self.start)

    def make_exception(self) -> None:
        client, kind = self.one_of(list(Client.objects.order_by("pk"))), self.one_of(self.types)
        starts_on = self.some_day(-60, 0)
        ends_on = starts_on + timedelta(days=self.one_of([1, 61, 100, 200, 400, 700]))
        PromiseException.objects.filter(client=client, touchpoint_type=kind).delete()
        says = self.one_of(
            [
                {"is_nothing": True},
                {"times": self.draw(TIMES)},
                {"times": self.draw(TIMES), "performer": "assistant"},
                {"performer": self.one_of(["adviser", "assistant"]), "channel": "video"},
                {"minutes": 55},
            ]
        )
        PromiseException.objects.create(
            client=client,
            touchpoint_type=kind,
            reason="Agreed",
            starts_on=starts_on,
            ends_on=ends_on,
            expires_on=ends_on,
            by=self.advisers[0],
            **says,
        )

    EVENTS = (*World.EVENTS, change_profile, change_profile, make_exception, make_exception, make_exception)


def assert_engine_equals_oracle(*, firm: Firm, start: date, months: int, chunk: int) -> None:
    expected = oracle.expect(firm_id=firm.pk, start=start, months=months)
    result = reconcile(firm_id=firm.pk, start=start, months=months, chunk=chunk)
    assert oracle.positions_of(firm.pk) == expected.positions
    got = oracle.rows_of(firm.pk)
    assert (got, asdict(result)) == (expected.rows, expected.counts)
    again = reconcile(firm_id=firm.pk, start=start, months=months)
    assert (oracle.rows_of(firm.pk), asdict(again)["kept"], sum(asdict(again).values())) == (expected.rows, again.kept, again.kept)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=PHASES)
@given(data=st.data())
def test_the_engine_writes_what_the_oracle_says(alice: User, data):
    """Three runs, with things happening between them."""
    with transaction.atomic():
        firm = factories.make_firm(name="Random", region=data.draw(st.sampled_from(["CA-QC", "FR"])))
        Firm.objects.filter(pk=firm.pk).update(working_days=data.draw(WEEKS))
        world = World(data.draw, firm, data.draw(STARTS))
        for _ in range(3):
            months, chunk = data.draw(st.sampled_from([12, 12, 12, 1, 6, 18])), data.draw(st.sampled_from([2, 1000]))
            assert_engine_equals_oracle(firm=firm, start=world.start, months=months, chunk=chunk)
            for _ in range(data.draw(st.integers(1, 6))):
                data.draw(st.sampled_from(World.EVENTS))(world)
        transaction.set_rollback(True)
    enter_firm(alice.firm_id)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=PHASES)
@given(data=st.data())
def test_with_profiles_and_exceptions_too(alice: User, data):
    with transaction.atomic():
        firm = factories.make_firm(name="Random", region=data.draw(st.sampled_from(["CA-QC", "FR"])))
        world = OverlaidWorld(data.draw, firm, data.draw(STARTS))
        for _ in range(3):
            months, chunk = data.draw(st.sampled_from([12, 12, 6, 18])), data.draw(st.sampled_from([2, 1000]))
            assert_engine_equals_oracle(firm=firm, start=world.start, months=months, chunk=chunk)
            for _ in range(data.draw(st.integers(1, 6))):
                data.draw(st.sampled_from(OverlaidWorld.EVENTS))(world)
        transaction.set_rollback(True)
    enter_firm(alice.firm_id)
