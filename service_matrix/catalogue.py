"""The touchpoint types shipped with the product, each with a procedure that anyone can follow. A firm edits its own copy."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models import Channel
from service_matrix.anchors import Anchor
from service_matrix.models import Performer

# The type whose time is counted for every segment alike and never planned.
REACTIVE = "reactive_service"


class Family(models.TextChoices):
    """Types that stand in for one another when two segments are compared."""

    MEETINGS = "meetings", _("meetings")
    CALLS = "calls", _("calls and personal contacts")
    INFORMATION = "information", _("information")
    REPORTS = "reports", _("reports")
    ATTENTIONS = "attentions", _("attentions")
    EVENTS = "events", _("events")
    FORMALITIES = "formalities", _("formalities")


@dataclass(frozen=True)
class ShippedStep:
    performer: Performer
    en: str
    fr: str


@dataclass(frozen=True)
class ShippedType:
    key: str
    family: Family
    en: str
    fr: str
    channel: Channel
    performer: Performer
    minutes: int
    steps: tuple[ShippedStep, ...]
    # When in the year it is usually done where it is promised once; more often, it is spread.
    anchor: Anchor = Anchor.SPREAD
    anchor_month: int | None = None


def _adviser(en: str, fr: str) -> ShippedStep:
    return ShippedStep(Performer.ADVISER, en, fr)


def _assistant(en: str, fr: str) -> ShippedStep:
    return ShippedStep(Performer.ASSISTANT, en, fr)


CATALOGUE: tuple[ShippedType, ...] = (
    ShippedType(
        "planning_meeting",
        Family.MEETINGS,
        "Planning meeting",
        "Rencontre de planification",
        Channel.IN_PERSON,
        Performer.ADVISER,
        90,
        (
            _assistant("Propose two dates and book the room", "Proposer deux dates et réserver la salle"),
            _assistant("Update the balance sheet and print the file", "Mettre à jour le bilan et imprimer le dossier"),
            _adviser(
                "Review performance, changes in situation and new projects",
                "Passer en revue le rendement, les changements de situation et les projets",
            ),
            _adviser("Discuss tax, regulation and opportunities", "Aborder la fiscalité, la réglementation et les occasions"),
            _assistant("Send the summary and enter the follow-ups", "Envoyer le compte rendu et inscrire les suivis"),
        ),
    ),
    ShippedType(
        "annual_review",
        Family.MEETINGS,
        "Annual review",
        "Revue annuelle",
        Channel.IN_PERSON,
        Performer.ADVISER,
        60,
        (
            _assistant("Book the meeting and ask for changes in situation", "Fixer la rencontre et demander les changements de situation"),
            _assistant("Prepare the year's results and the service given", "Préparer les résultats de l’année et les services rendus"),
            _adviser("Review objectives, risk profile and beneficiaries", "Revoir les objectifs, le profil de risque et les bénéficiaires"),
            _adviser("Confirm or change the client's segment", "Confirmer ou changer le segment du client"),
            _assistant("Send the summary and file the signed forms", "Envoyer le compte rendu et classer les documents signés"),
        ),
    ),
    ShippedType(
        "review_meeting",
        Family.MEETINGS,
        "Review meeting",
        "Rencontre de suivi",
        Channel.IN_PERSON,
        Performer.ADVISER,
        60,
        (
            _assistant("Book the meeting and send the agenda", "Fixer la rencontre et envoyer l’ordre du jour"),
            _adviser("Review performance and what has changed", "Passer en revue le rendement et les changements"),
            _assistant("Enter the follow-ups", "Inscrire les suivis"),
        ),
    ),
    ShippedType(
        "check_in_call",
        Family.CALLS,
        "Check-in call",
        "Appel de suivi",
        Channel.PHONE,
        Performer.ADVISER,
        15,
        (
            _adviser("Read the personal context and the last conversation", "Lire le contexte personnel et la dernière conversation"),
            _adviser("Call: news, concerns, coming projects", "Appeler : nouvelles, préoccupations, projets à venir"),
            _adviser("Log the call and any follow-up", "Noter l’appel et les suites à donner"),
        ),
    ),
    ShippedType(
        "life_event_contact",
        Family.CALLS,
        "Life-event contact",
        "Contact à un moment de vie",
        Channel.PHONE,
        Performer.ADVISER,
        15,
        (
            _assistant("Note the event and tell the adviser", "Noter l’événement et prévenir le conseiller"),
            _adviser("Call or write a personal word", "Appeler ou écrire un mot personnel"),
            _adviser("Note what it changes in the plan", "Noter ce que cela change au plan"),
        ),
    ),
    ShippedType(
        "market_update",
        Family.INFORMATION,
        "Market or economic update",
        "Point sur les marchés et l’économie",
        Channel.EMAIL,
        Performer.ASSISTANT,
        10,
        (
            _adviser("Write or approve the text", "Rédiger ou approuver le texte"),
            _assistant("Adapt the opening line and send", "Adapter la première phrase et envoyer"),
        ),
    ),
    ShippedType(
        "planning_milestone",
        Family.FORMALITIES,
        "Planning milestone",
        "Étape du plan",
        Channel.EMAIL,
        Performer.ADVISER,
        20,
        (
            _assistant("Check the documents that the step needs", "Vérifier les documents que l’étape exige"),
            _adviser("Tell the client what was reached and what comes next", "Dire au client ce qui est atteint et ce qui suit"),
        ),
    ),
    ShippedType(
        "year_end_tax_checklist",
        Family.FORMALITIES,
        "Year-end tax checklist",
        "Liste de vérification fiscale de fin d’année",
        Channel.EMAIL,
        Performer.ASSISTANT,
        20,
        (
            _assistant("Fill in the list from the client's file", "Remplir la liste à partir du dossier du client"),
            _adviser("Add advice where the client's case asks for it", "Ajouter un conseil lorsque le cas du client l’exige"),
            _assistant("Send, and call back those who have a deadline", "Envoyer, puis rappeler ceux qui ont une échéance"),
        ),
        Anchor.MONTH,
        11,
    ),
    ShippedType(
        "educational_email",
        Family.INFORMATION,
        "Educational e-mail",
        "Courriel éducatif",
        Channel.EMAIL,
        Performer.ASSISTANT,
        5,
        (
            _assistant("Choose a subject that fits the client", "Choisir un sujet qui convient au client"),
            _assistant("Send with a line from the adviser", "Envoyer avec un mot du conseiller"),
        ),
    ),
    ShippedType(
        "newsletter",
        Family.INFORMATION,
        "Newsletter",
        "Lettre d’information",
        Channel.EMAIL,
        Performer.ASSISTANT,
        2,
        (
            _assistant("Check the client's consent and language", "Vérifier le consentement et la langue du client"),
            _assistant("Send", "Envoyer"),
        ),
    ),
    ShippedType(
        "reporting",
        Family.REPORTS,
        "Portfolio report",
        "Rapport de portefeuille",
        Channel.EMAIL,
        Performer.ASSISTANT,
        15,
        (
            _assistant("Produce the report and check the figures", "Produire le rapport et vérifier les chiffres"),
            _adviser("Add a comment where the result calls for one", "Ajouter un commentaire lorsque le résultat le demande"),
            _assistant("Send and file a copy", "Envoyer et classer une copie"),
        ),
    ),
    ShippedType(
        "birthday_greeting",
        Family.ATTENTIONS,
        "Birthday greeting",
        "Vœux d’anniversaire",
        Channel.POST,
        Performer.ASSISTANT,
        5,
        (
            _assistant("Prepare the card", "Préparer la carte"),
            _adviser("Sign with a personal word", "Signer avec un mot personnel"),
        ),
        Anchor.BIRTHDAY,
    ),
    ShippedType(
        "season_greetings",
        Family.ATTENTIONS,
        "Season's greetings",
        "Vœux de fin d’année",
        Channel.POST,
        Performer.ASSISTANT,
        5,
        (
            _assistant("Prepare the cards in the client's language", "Préparer les cartes dans la langue du client"),
            _adviser("Sign", "Signer"),
        ),
        Anchor.MONTH,
        12,
    ),
    ShippedType(
        "appreciation_event",
        Family.EVENTS,
        "Client appreciation event",
        "Activité de reconnaissance",
        Channel.EVENT,
        Performer.EITHER,
        60,
        (
            _assistant("Invite and follow up the answers", "Inviter et suivre les réponses"),
            _adviser("Welcome the client and anyone who comes along", "Accueillir le client et ses invités"),
            _assistant("Thank the client within two days", "Remercier le client dans les deux jours"),
        ),
    ),
    ShippedType(
        "training_seminar",
        Family.EVENTS,
        "Training seminar",
        "Séminaire de formation",
        Channel.EVENT,
        Performer.EITHER,
        45,
        (
            _assistant("Invite and reserve the seats", "Inviter et réserver les places"),
            _adviser("Present and answer questions", "Présenter et répondre aux questions"),
            _assistant("Send the slides and note the questions", "Envoyer la présentation et noter les questions"),
        ),
    ),
    ShippedType(
        "lunch_and_learn",
        Family.EVENTS,
        "Lunch-and-learn",
        "Repas-conférence",
        Channel.EVENT,
        Performer.ADVISER,
        60,
        (
            _assistant("Invite and book the table", "Inviter et réserver la table"),
            _adviser("Lead the conversation on one subject", "Animer la conversation sur un sujet"),
            _assistant("Thank the guests and note introductions", "Remercier les invités et noter les présentations"),
        ),
    ),
    ShippedType(
        "annual_renewal",
        Family.FORMALITIES,
        "Annual renewal",
        "Renouvellement annuel",
        Channel.PHONE,
        Performer.ASSISTANT,
        20,
        (
            _assistant("List the contracts that come up for renewal", "Relever les contrats à renouveler"),
            _adviser("Confirm what to keep and what to change", "Confirmer ce qu’il faut garder et ce qu’il faut changer"),
            _assistant("Send the forms and file the answers", "Envoyer les formulaires et classer les réponses"),
        ),
    ),
    ShippedType(
        REACTIVE,
        Family.FORMALITIES,
        "Answering calls and e-mails",
        "Réponse aux appels et aux courriels",
        Channel.PHONE,
        Performer.EITHER,
        15,
        (
            _assistant("Answer or call back the same working day", "Répondre ou rappeler le jour ouvrable même"),
            _assistant("Pass on to the adviser what needs advice", "Transmettre au conseiller ce qui demande un conseil"),
            _assistant("Log what was asked and answered", "Noter la demande et la réponse"),
        ),
    ),
)

BY_KEY = {shipped.key: shipped for shipped in CATALOGUE}
