"""Schemes that place clients by rules: for each segment, conditions; the first met in rank order takes the client."""

from segmentation.models import Method, Missing
from segmentation.presets.shapes import (
    Bilingual,
    Preset,
    PresetSegment,
    any_of,
    at_least,
    contains,
    either,
    every,
    less_than,
    more_than,
    some,
    through,
)

_NET_WORTH: Bilingual = (
    "Everything the client owns less everything owed, home included, as known at the last review.",
    "Tout ce que possède le client moins tout ce qu’il doit, résidence comprise, tel que connu à la dernière révision.",
)
_POTENTIAL: Bilingual = (
    "How much the relationship can grow within three years: assets held elsewhere, income to come, projects. 0 = none, 10 = exceptional.",
    "Ce que la relation peut apporter d’ici trois ans : avoirs détenus ailleurs, revenus à venir, projets. 0 = aucun, 10 = exceptionnel.",
)
_AUM: Bilingual = (
    "Assets the client has entrusted to the firm today, all accounts and policies together.",
    "Actif confié au cabinet à ce jour, tous comptes et contrats réunis.",
)
_REVENUE: Bilingual = (
    "What the client brought the firm over the last 12 months, fees and commissions together.",
    "Ce que le client a rapporté au cabinet sur 12 mois, honoraires et commissions réunis.",
)
_REFERRALS: Bilingual = (
    "People the client introduced or recommended in the last 12 months, whatever came of it.",
    "Personnes que le client a présentées ou recommandées sur 12 mois, quelle qu’en soit la suite.",
)

VIP_BY_WEALTH = Preset(
    key="wealth_bands",
    name=("VIP / Gold / Silver / Bronze by wealth", "VIP / Or / Argent / Bronze par patrimoine"),
    summary=(
        "Looks at net worth: more than 1,000,000, or equivalent potential, is VIP; from 250,000, Gold; from 50,000, Silver; less, or being built, Bronze.",
        "Regarde le patrimoine net : plus de 1 000 000, ou un potentiel équivalent, VIP ; à partir de 250 000, Or ; à partir de 50 000, Argent ; "
        "moins, ou en constitution, Bronze.",
    ),
    suits=(
        "Suits a wealth practice that wants a level to mean the same whatever the size of the book.",
        "Convient à un cabinet patrimonial qui veut qu’un niveau signifie la même chose quelle que soit la taille du portefeuille.",
    ),
    method=Method.RULES,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("VIP", "VIP"),
            description=(
                "Personalised premium support, priority access, exclusive events.",
                "Accompagnement premium personnalisé, accès prioritaire, événements exclusifs.",
            ),
            conditions=either(more_than("net_worth", 1_000_000), at_least("potential", 9)),
        ),
        PresetSegment(
            name=("Gold", "Or"),
            description=(
                "Structured regular follow-up, detailed reporting, pro-activity.",
                "Suivi régulier et structuré, reporting détaillé, proactivité.",
            ),
            conditions=every(at_least("net_worth", 250_000)),
        ),
        PresetSegment(
            name=("Silver", "Argent"),
            description=("Standard follow-up, summary reporting, reactive.", "Suivi standard, reporting synthétique, réactivité."),
            conditions=every(at_least("net_worth", 50_000)),
        ),
        PresetSegment(
            name=("Bronze", "Bronze"),
            description=("Light follow-up, digital first, potential to develop.", "Suivi léger, d’abord numérique, potentiel à développer."),
        ),
    ),
    definitions={"net_worth": _NET_WORTH, "potential": _POTENTIAL},
)

_PROFESSIONS = either(*(contains("occupation", word) for word in ("médecin", "physician", "avocat", "lawyer")))

ABCD_ATTRIBUTES = Preset(
    key="abcd_attributes",
    name=("A / B / C / D by attributes", "A / B / C / D par attributs"),
    summary=(
        "Describes the client each level is made for: age, income, profession, attitude to risk and the relationship they want. "
        "Whoever has four of the five is A; three of the five for B.",
        "Décrit le client pour qui chaque niveau est fait : âge, revenu, profession, attitude face au risque, relation souhaitée. "
        "Qui répond à quatre points sur cinq est A ; trois sur cinq pour B.",
    ),
    suits=(
        "Suits a practice that specialises and knows whom it serves best.",
        "Convient à un cabinet spécialisé, qui sait qui il sert le mieux.",
    ),
    method=Method.RULES,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("A", "A"),
            description=("Face to face, in person every half-year.", "En face à face, en personne chaque semestre."),
            conditions=some(
                4,
                through("age", 40, 60),
                at_least("income", 150_000),
                _PROFESSIONS,
                any_of("risk_attitude", "moderate"),
                any_of("desired_relationship", "high"),
            ),
            style={"presence": "face_to_face", "default_channel": "in_person", "initiative": "adviser"},
        ),
        PresetSegment(
            name=("B", "B"),
            description=(
                "Frequent e-mails, contact on line, an annual review in person.",
                "Courriels fréquents, contact en ligne, révision annuelle en personne.",
            ),
            conditions=some(
                3,
                through("age", 40, 45),
                through("income", 100_000, 149_999),
                _PROFESSIONS,
                any_of("risk_attitude", "high"),
                any_of("desired_relationship", "moderate"),
            ),
            style={"presence": "remote", "default_channel": "email", "initiative": "adviser"},
        ),
        PresetSegment(
            name=("C", "C"),
            description=("A yearly call, the newsletter.", "Un appel par an, l’infolettre."),
            conditions=either(at_least("income", 100_000), any_of("desired_relationship", "high", "moderate")),
            style={"default_channel": "phone"},
        ),
        PresetSegment(
            name=("D", "D"), description=("The newsletter; answers to calls and e-mails.", "L’infolettre ; réponse aux appels et aux courriels.")
        ),
    ),
    definitions={
        "age": ("Age of the primary contact today.", "Âge du contact principal à ce jour."),
        "income": ("Gross annual income of the household, before tax.", "Revenu annuel brut du ménage, avant impôt."),
        "occupation": ("Profession of the primary contact, as told by the client.", "Profession du contact principal, selon le client."),
        "risk_attitude": (
            "What the investor questionnaire concludes, renewed at each review.",
            "Conclusion du questionnaire de l’investisseur, refait à chaque révision.",
        ),
        "desired_relationship": ("How much contact the client says they want.", "Le niveau de contact que le client dit souhaiter."),
    },
)

ABCD_STRATEGY = Preset(
    key="strategy_table",
    name=("A / B / C / D strategy table", "A / B / C / D, tableau de stratégie"),
    summary=(
        "The practitioners’ table as they publish it: assets, referrals and cost to serve, two of them at least. It leaves gaps and claims some values "
        "twice; the editor marks each at its cell, to be mended before you publish.",
        "Le tableau des praticiens tel qu’ils le publient : actif géré, recommandations et coût du service, deux critères au moins. Il laisse des trous et "
        "réclame des valeurs deux fois ; l’éditeur marque chacune à sa case, à corriger avant de publier.",
    ),
    suits=(
        "Suits a practice that wants expected revenue, cost and activities of each level side by side.",
        "Convient à un cabinet qui veut voir côte à côte le revenu attendu, le coût et les activités de chaque niveau.",
    ),
    method=Method.RULES,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("A", "A"),
            description=(
                "Revenue of 5,001 and more a year; lunch-and-learn, seminar, two review meetings, newsletter, calls and e-mails answered.",
                "Revenu de 5 001 et plus par an ; dîner-conférence, séminaire, deux rencontres de révision, infolettre, réponse aux appels et courriels.",
            ),
            conditions=some(
                2, more_than("aum", 400_000), more_than("referrals_12_months", 6), at_least("annual_renewals", 1), at_least("annual_cost", 2_001)
            ),
        ),
        PresetSegment(
            name=("B", "B"),
            description=(
                "Revenue of 1,251 to 5,000 a year; annual meeting, newsletter, seminar, calls and e-mails answered.",
                "Revenu de 1 251 à 5 000 par an ; rencontre annuelle, infolettre, séminaire, réponse aux appels et courriels.",
            ),
            conditions=some(2, through("aum", 200_000, 399_000), through("referrals_12_months", 4, 6), through("annual_cost", 501, 1_000)),
        ),
        PresetSegment(
            name=("C", "C"),
            description=(
                "Revenue of 601 to 1,250 a year; newsletter, annual check-in call, calls and e-mails answered.",
                "Revenu de 601 à 1 250 par an ; infolettre, appel annuel, réponse aux appels et courriels.",
            ),
            conditions=some(2, through("aum", 50_001, 199_000), through("referrals_12_months", 2, 4), through("annual_cost", 201, 500)),
        ),
        PresetSegment(
            name=("D", "D"),
            description=(
                "Revenue of 0 to 600 a year; newsletter, calls and e-mails answered.",
                "Revenu de 0 à 600 par an ; infolettre, réponse aux appels et courriels.",
            ),
            conditions=some(2, less_than("aum", 50_000), less_than("referrals_12_months", 2), through("annual_cost", 0, 200)),
        ),
    ),
    definitions={
        "aum": _AUM,
        "referrals_12_months": _REFERRALS,
        "annual_renewals": (
            "Policies or mandates of the client that come up for renewal each year.",
            "Contrats ou mandats du client à renouveler chaque année.",
        ),
        "annual_cost": (
            "What serving the client cost over the last 12 months: time at its hourly cost, and direct costs.",
            "Ce qu’a coûté le service du client sur 12 mois : le temps à son coût horaire et les frais directs.",
        ),
    },
)

GAP = Preset(
    key="gap",
    name=("GAP: Growth / Active / Passive", "GAP : Croissance / Actif / Passif"),
    summary=(
        "Growth is likely to add assets or to refer; Active brings good revenue and deserves flawless service, without growth expected, retirees who draw "
        "on their savings included; Passive grows little and is kept for a reason, which you write in the client’s file.",
        "Croissance : susceptible d’apporter des actifs ou de recommander. Actif : bon revenu, service irréprochable, sans croissance attendue, "
        "retraités en décaissement compris. Passif : peu de croissance, gardé pour une raison que vous notez au dossier.",
    ),
    suits=(
        "Suits a small team that asks one question of each client: what comes next?",
        "Convient à une petite équipe qui se pose une question par client : quelle est la suite ?",
    ),
    method=Method.RULES,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("Growth", "Croissance"),
            description=(
                "Likely to add assets or to refer: meet, plan, propose.",
                "Susceptible d’apporter ou de recommander : rencontrer, planifier, proposer.",
            ),
            conditions=either(at_least("potential", 7), at_least("prescription", 7), at_least("referrals_12_months", 2)),
            style={"initiative": "adviser", "proactivity": "high"},
        ),
        PresetSegment(
            name=("Active", "Actif"),
            description=("Good revenue, flawless service, no growth expected.", "Bon revenu, service irréprochable, sans croissance attendue."),
            conditions=either(at_least("annual_revenue", 1_250), at_least("aum", 250_000)),
            style={"initiative": "adviser", "proactivity": "usual", "reactivity": "high"},
        ),
        PresetSegment(
            name=("Passive", "Passif"),
            description=(
                "Little growth, kept for a recorded reason, such as a relative of an important client.",
                "Peu de croissance, gardé pour une raison consignée, comme un proche d’un client important.",
            ),
            style={"initiative": "client", "proactivity": "low"},
        ),
    ),
    definitions={
        "potential": _POTENTIAL,
        "prescription": (
            "Influence as a referrer: introductions made, and people of influence around the client. 0 = none, 10 = a regular source of clients.",
            "Influence comme prescripteur : présentations faites et entourage influent. 0 = aucune, 10 = source régulière de clients.",
        ),
        "referrals_12_months": _REFERRALS,
        "annual_revenue": _REVENUE,
        "aum": _AUM,
    },
)
