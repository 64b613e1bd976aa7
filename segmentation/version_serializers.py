"""What is asked and answered about scheme versions in the API."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from firms.models import Job
from segmentation.foreseeing import Foreseen
from segmentation.linting import Problem
from segmentation.models import SchemeVersion
from segmentation.progress import stage_of
from segmentation.publishing import Stage
from segmentation.simulation import Shown

REVISION_HELP = "The draft's revision as you read it."


class RevisionField(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, help_text=REVISION_HELP, **options)


class SchemeVersionSerializer(serializers.ModelSerializer[SchemeVersion]):
    published_by_name = serializers.CharField(source="published_by.name", allow_null=True, default=None)

    class Meta:
        model = SchemeVersion
        fields = (
            *("id", "scheme", "number", "status", "method", "revision", "is_shared", "effective_on", "published_at", "published_by"),
            *("published_by_name", "decided_at", "note"),
        )


class ProblemSerializer(serializers.Serializer[object]):
    at = serializers.CharField(
        help_text="Where: `criteria-0-weight` is the weight of the first criterion, `cuts-2-conditions-0` the first condition of the third segment; "
        "`criteria`, `cuts` and `plane` for what no single field causes."
    )
    message = serializers.CharField()
    is_warning = serializers.BooleanField(source="warning", help_text="False: the version cannot be published before it is settled.")


class PairSerializer(serializers.Serializer[object]):
    """A figure today and after; null where it is not known."""

    before = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    after = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)


class CountPairSerializer(serializers.Serializer[object]):
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class SegmentShownSerializer(serializers.Serializer[object]):
    segment = serializers.IntegerField(source="pk")
    segment_name = serializers.CharField(source="name")
    rank = serializers.IntegerField()
    clients = CountPairSerializer()
    aum = PairSerializer()
    revenue = PairSerializer(help_text="What its clients bring a year, as recorded.")


class StreamSerializer(serializers.Serializer[object]):
    before = serializers.IntegerField(allow_null=True, help_text="A segment; null: not placed yet.")
    after = serializers.IntegerField(help_text="A segment.")
    clients = serializers.IntegerField()


class WhatIfSerializer(serializers.Serializer[object]):
    on = serializers.DateField()
    moved = serializers.IntegerField(help_text="Clients who would change segment.")
    arrived = serializers.IntegerField(help_text="Clients who are not placed yet.")
    overridden = serializers.IntegerField(help_text="Placed by decision, who stay.")
    overridden_elsewhere = serializers.IntegerField(help_text="Of these, whom the rules would place in another segment.")
    uncaught = serializers.IntegerField(help_text="Whom no rule catches.")
    segments = SegmentShownSerializer(many=True, help_text="By rank.")
    streams = StreamSerializer(many=True, help_text="From segment to segment, stays and arrivals included.")
    clients = CountPairSerializer()
    aum = PairSerializer()
    revenue = PairSerializer()
    hours = serializers.DictField(
        child=PairSerializer(), help_text="Hours a year by role; empty where the service matrix does not follow this scheme."
    )
    expected_revenue = PairSerializer(allow_null=True)
    cost = PairSerializer(allow_null=True)
    profit = PairSerializer(allow_null=True)
    foreseen = serializers.ListField(child=serializers.CharField(), help_text="What only the real book can say against the rules.")
    warnings = ProblemSerializer(many=True)
    shown = serializers.CharField(help_text="Send it along when you publish: the decision keeps what you were shown.")


def what_if_as_data(shown: Shown, *, foreseen: Sequence[Foreseen], warnings: Sequence[Problem], signed: str) -> dict[str, Any]:
    """For WhatIfSerializer."""
    streams = [{"before": before.pk if before else None, "after": after.pk, "clients": clients} for before, after, clients in shown.streams]
    said = {"streams": streams, "foreseen": [each.message for each in foreseen], "warnings": warnings, "shown": signed}
    return {**vars(shown), **said}


class MoverSerializer(serializers.Serializer[object]):
    client = serializers.IntegerField(source="client.pk")
    client_name = serializers.CharField(source="client.name")
    adviser = serializers.IntegerField(source="client.adviser_id")
    adviser_name = serializers.CharField(source="client.adviser.name")
    before = serializers.IntegerField(allow_null=True, help_text="A segment; null: not placed yet.")
    computed = serializers.IntegerField(help_text="The segment where the rules place the client.")
    score = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    score_y = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)


class MoversSerializer(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    visible = serializers.IntegerField(help_text="Of everybody meant, how many you see: they are listed.")
    hidden = serializers.IntegerField(help_text="How many are in books that you do not see.")
    results = MoverSerializer(many=True)


class DecisionSerializer(serializers.Serializer[object]):
    revision = RevisionField()
    effective_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="A day to come, within a year; without it the version takes effect today."
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="", help_text="Why; it stays with the version.")
    shown = serializers.CharField(required=False, allow_blank=True, default="", help_text="The `shown` of the what-if you decide on.")


class SegmentCountSerializer(serializers.Serializer[object]):
    segment = serializers.IntegerField()
    clients = serializers.IntegerField()


class DecidedSerializer(serializers.Serializer[object]):
    version = SchemeVersionSerializer()
    counts = SegmentCountSerializer(many=True, allow_null=True, help_text="Clients in each segment now, by rank; null: nobody is placed yet.")
    look_at = serializers.URLField(
        allow_null=True,
        help_text="Where to see what goes on in the background, as in `Location`: a large book is being placed, or the year planned again. "
        "Null: nothing happens before the day.",
    )


class ShareSerializer(serializers.Serializer[object]):
    shared = serializers.BooleanField()


class PublicationJobSerializer(serializers.ModelSerializer[Job]):
    scheme = serializers.IntegerField(source="parameters.scheme")
    version = serializers.IntegerField(source="parameters.version", allow_null=True, default=None)
    stage = serializers.SerializerMethodField(help_text="How many of `stages` it has come to.")
    stages = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ("id", "scheme", "version", "status", "stage", "stages", "error", "created_by", "created_at", "finished_at")

    def get_stage(self, job: Job) -> int:
        return len(Stage) if job.status == Job.Status.DONE else stage_of(job)

    def get_stages(self, job: Job) -> int:
        return len(Stage)
