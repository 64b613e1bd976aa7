"""Which schemes weigh an attribute of the firm's own, and which of its choices they name: those are archived, not deleted."""

from django.utils.translation import gettext as _

from clients.conditions import choices_named
from segmentation.models import Band, Criterion, Cut, SchemeVersion


def schemes_weighing(firm_id: int, key: str) -> list[str]:
    """Schemes whose published version or draft has a criterion on the attribute, by name."""
    found = Criterion.objects.filter(firm_id=firm_id, attribute=key, version__status__in=(SchemeVersion.Status.DRAFT, SchemeVersion.Status.PUBLISHED))
    schemes = {criterion.version.scheme_id: criterion.version.scheme for criterion in found.select_related("version__scheme")}
    return [_("the scheme “%(name)s”") % {"name": scheme.name} for scheme in schemes.values()]


def choices_named_by_schemes(firm_id: int, key: str) -> set[str]:
    """The choices of an attribute that any version of a scheme gives points to or asks for: former versions can be returned to."""
    conditions = Cut.objects.filter(firm_id=firm_id, conditions__isnull=False).values_list("conditions", flat=True)
    asked = {choice for written in conditions for choice in choices_named(written, key)}
    return asked | set(Band.objects.filter(firm_id=firm_id, criterion__attribute=key).exclude(choice="").values_list("choice", flat=True))
