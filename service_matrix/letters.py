"""What the shipped touchpoint types say to the client: subject and message in both languages, and the agenda of meetings. A firm edits its own copy.

Fields in braces are filled in when the message is used: MERGE_FIELDS.
"""

import re
from dataclasses import dataclass

MERGE_FIELDS = ("client", "adviser", "firm", "date")


@dataclass(frozen=True)
class Letter:
    subject_en: str
    subject_fr: str
    message_en: str
    message_fr: str


def unknown_fields(text: str) -> list[str]:
    """Names in braces that nothing fills in, and braces left open, as they stand in the text."""
    named = re.findall(r"\{[^{}]*\}", text)
    wrong = [name for name in named if name[1:-1] not in MERGE_FIELDS]
    rest = re.sub(r"\{[^{}]*\}", "", text)
    return wrong + [brace for brace in ("{", "}") if brace in rest]


MEETING_AGENDA = (
    ("Performance and the year behind us", "Rendement et année écoulée"),
    ("Changes in your situation", "Changements dans votre situation"),
    ("New projects", "Nouveaux projets"),
    ("Tax and regulation", "Fiscalité et réglementation"),
    ("Opportunities, and what we do next", "Occasions et prochaines étapes"),
)
AGENDAS: dict[str, tuple[tuple[str, str], ...]] = {
    "planning_meeting": MEETING_AGENDA,
    "annual_review": (
        *MEETING_AGENDA[:3],
        ("Objectives, risk profile and beneficiaries", "Objectifs, profil de risque et bénéficiaires"),
        *MEETING_AGENDA[3:],
    ),
    "review_meeting": MEETING_AGENDA,
    "check_in_call": (
        ("News and concerns", "Nouvelles et préoccupations"),
        ("Projects under way", "Projets en cours"),
        ("What we do next", "Prochaines étapes"),
    ),
    "annual_renewal": (
        ("Contracts that end", "Contrats à échéance"),
        ("What to keep, what to change", "Ce qui reste, ce qui change"),
        ("Signatures", "Signatures"),
    ),
}
# What an adviser does in person and hands to nobody.
NOT_DELEGABLE = frozenset({"planning_meeting", "annual_review", "review_meeting", "life_event_contact"})

LETTERS: dict[str, Letter] = {
    "planning_meeting": Letter(
        "Your planning meeting",
        "Votre rencontre de planification",
        (
            "Dear {client},\n\n"
            "It is time to look at your plan together. Would {date} suit you? The agenda is attached; tell us what you would like to "
            "add.\n\n"
            "{adviser}"
        ),
        (
            "Bonjour {client},\n\n"
            "Le moment est venu de revoir votre plan ensemble. Le {date} vous conviendrait-il ? L’ordre du jour est joint ; "
            "dites-nous ce que vous aimeriez y ajouter.\n\n"
            "{adviser}"
        ),
    ),
    "annual_review": Letter(
        "Your annual review",
        "Votre revue annuelle",
        "Dear {client},\n\nOnce a year we review where you stand, what has changed and what comes next. May we meet on {date}?\n\n{adviser}",
        (
            "Bonjour {client},\n\n"
            "Une fois par an, nous faisons le point sur votre situation, ce qui a changé et ce qui vient. Pouvons-nous nous "
            "rencontrer le {date} ?\n\n"
            "{adviser}"
        ),
    ),
    "review_meeting": Letter(
        "Let us take stock",
        "Faisons le point",
        "Dear {client},\n\nI would like to take stock with you. Would {date} suit you?\n\n{adviser}",
        "Bonjour {client},\n\nJ’aimerais faire le point avec vous. Le {date} vous conviendrait-il ?\n\n{adviser}",
    ),
    "check_in_call": Letter(
        "A call to hear from you",
        "Un appel pour prendre de vos nouvelles",
        "Dear {client},\n\nI will call you on {date} to hear how you are. If another time suits you better, answer this message.\n\n{adviser}",
        (
            "Bonjour {client},\n\n"
            "Je vous appellerai le {date} pour prendre de vos nouvelles. Si un autre moment vous convient mieux, répondez à ce "
            "message.\n\n"
            "{adviser}"
        ),
    ),
    "life_event_contact": Letter(
        "Our thoughts are with you",
        "Nous pensons à vous",
        (
            "Dear {client},\n\n"
            "I heard your news and wanted to write to you. Call me whenever you wish: we will see together whether it changes "
            "anything in your plan.\n\n"
            "{adviser}"
        ),
        (
            "Bonjour {client},\n\n"
            "J’ai appris la nouvelle et je tenais à vous écrire. Appelez-moi quand vous le souhaitez : nous verrons ensemble si cela "
            "change quelque chose à votre plan.\n\n"
            "{adviser}"
        ),
    ),
    "market_update": Letter(
        "The markets in a few words",
        "Les marchés en quelques mots",
        (
            "Dear {client},\n\n"
            "Here is what happened on the markets and what it means for you. Nothing to do on your side; call me if you wish to talk "
            "about it.\n\n"
            "{adviser}"
        ),
        (
            "Bonjour {client},\n\n"
            "Voici ce qui s’est passé sur les marchés et ce que cela signifie pour vous. Rien à faire de votre côté ; appelez-moi si "
            "vous souhaitez en parler.\n\n"
            "{adviser}"
        ),
    ),
    "planning_milestone": Letter(
        "A step of your plan is reached",
        "Une étape de votre plan est franchie",
        "Dear {client},\n\nGood news: a step of your plan is reached. The next one is described below.\n\n{adviser}",
        "Bonjour {client},\n\nBonne nouvelle : une étape de votre plan est franchie. La suivante est décrite ci-dessous.\n\n{adviser}",
    ),
    "year_end_tax_checklist": Letter(
        "Before the year ends: your tax checklist",
        "Avant la fin de l’année : votre liste fiscale",
        "Dear {client},\n\nA few things are worth doing before 31 December. Your list is attached; those with a deadline come first.\n\n{adviser}",
        (
            "Bonjour {client},\n\n"
            "Quelques démarches valent la peine d’être faites avant le 31 décembre. Votre liste est jointe ; celles qui ont une "
            "échéance viennent en premier.\n\n"
            "{adviser}"
        ),
    ),
    "educational_email": Letter(
        "Worth three minutes of reading",
        "Trois minutes de lecture utiles",
        "Dear {client},\n\nWe thought of you while writing this.\n\n{adviser}",
        "Bonjour {client},\n\nNous avons pensé à vous en écrivant ceci.\n\n{adviser}",
    ),
    "newsletter": Letter(
        "The newsletter of {firm}",
        "La lettre d’information de {firm}",
        "Dear {client},\n\nHere is our newsletter. To stop receiving it, follow the link at the bottom.\n\n{firm}",
        "Bonjour {client},\n\nVoici notre lettre d’information. Pour ne plus la recevoir, suivez le lien au bas du message.\n\n{firm}",
    ),
    "reporting": Letter(
        "Your portfolio report",
        "Votre rapport de portefeuille",
        "Dear {client},\n\nYour report is attached. The first page says it in short; call me about anything that is not clear.\n\n{adviser}",
        "Bonjour {client},\n\nVotre rapport est joint. La première page le résume ; appelez-moi pour tout ce qui ne serait pas clair.\n\n{adviser}",
    ),
    "birthday_greeting": Letter(
        "Happy birthday!",
        "Joyeux anniversaire !",
        "Dear {client},\n\nAll of us at {firm} wish you a happy birthday.\n\n{adviser}",
        "Bonjour {client},\n\nToute l’équipe de {firm} vous souhaite un joyeux anniversaire.\n\n{adviser}",
    ),
    "season_greetings": Letter(
        "Season’s greetings",
        "Nos meilleurs vœux",
        "Dear {client},\n\nThank you for your trust this year. All of us at {firm} wish you and yours a peaceful end of the year.\n\n{adviser}",
        (
            "Bonjour {client},\n\n"
            "Merci de votre confiance cette année. Toute l’équipe de {firm} vous souhaite, à vous et à vos proches, une belle fin "
            "d’année.\n\n"
            "{adviser}"
        ),
    ),
    "appreciation_event": Letter(
        "You are invited",
        "Vous êtes notre invité",
        "Dear {client},\n\nWe would be glad to welcome you, and whoever you wish to bring, on {date}.\n\n{adviser}",
        "Bonjour {client},\n\nNous serions heureux de vous accueillir, avec la personne de votre choix, le {date}.\n\n{adviser}",
    ),
    "training_seminar": Letter(
        "A seminar for our clients",
        "Un séminaire pour nos clients",
        "Dear {client},\n\nA seat is kept for you at our seminar on {date}. Answer this message to confirm it.\n\n{firm}",
        "Bonjour {client},\n\nUne place vous est réservée à notre séminaire du {date}. Répondez à ce message pour la confirmer.\n\n{firm}",
    ),
    "lunch_and_learn": Letter(
        "Lunch and one good subject",
        "Un repas et un bon sujet",
        "Dear {client},\n\nJoin us for lunch on {date}: one subject, your questions, good company.\n\n{adviser}",
        "Bonjour {client},\n\nJoignez-vous à nous pour un repas le {date} : un sujet, vos questions, bonne compagnie.\n\n{adviser}",
    ),
    "annual_renewal": Letter(
        "Your contracts to renew",
        "Vos contrats à renouveler",
        "Dear {client},\n\nSome of your contracts end soon. I will call you on {date} to see what to keep and what to change.\n\n{adviser}",
        (
            "Bonjour {client},\n\n"
            "Certains de vos contrats arrivent à échéance. Je vous appellerai le {date} pour voir ce qu’il faut garder et ce qu’il "
            "faut changer.\n\n"
            "{adviser}"
        ),
    ),
    "reactive_service": Letter(
        "Your question",
        "Votre question",
        "Dear {client},\n\nThank you for your message. Here is our answer.\n\n{adviser}",
        "Bonjour {client},\n\nMerci de votre message. Voici notre réponse.\n\n{adviser}",
    ),
}
