"""Which schemes weigh an attribute of the firm's own: it is then archived, not deleted."""

from django.utils.translation import gettext as _

from segmentation.models import Criterion, SchemeVersion


def schemes_weighing(firm_id: int, key: str) -> list[str]:
    """Schemes whose published version or draft has a criterion on the attribute, by name."""
    found = Criterion.objects.filter(firm_id=firm_id, attribute=key, version__status__in=(SchemeVersion.Status.DRAFT, SchemeVersion.Status.PUBLISHED))
    schemes = {criterion.version.scheme_id: criterion.version.scheme for criterion in found.select_related("version__scheme")}
    return [_("the scheme “%(name)s”") % {"name": scheme.name} for scheme in schemes.values()]
