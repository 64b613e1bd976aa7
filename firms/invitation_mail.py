"""The e-mail that invites, in the language of the one invited."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from firms.formats import babel_locale, day, language_code
from firms.models import Firm, Invitation


def invitation_address(key: str) -> str:
    return settings.SITE_URL + reverse("invitation_accept", args=[key])


def send_invitation(invitation: Invitation, *, firm: Firm, key: str) -> None:
    with translation.override(language_code(invitation.language, region=firm.region)):
        context = {
            "invitation": invitation,
            "firm": firm,
            "address": invitation_address(key),
            "expires_on": day(invitation.expires_at.date(), locale=babel_locale(firm.region), style="long"),
        }
        subject = _("%(firm)s invites you to its CRM") % {"firm": firm.name}
        text = render_to_string("firms/mail/invitation.txt", context)
    EmailMessage(subject, text, to=[invitation.email]).send()
