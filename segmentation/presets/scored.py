"""Schemes that weigh criteria on one axis. Figures and segment descriptions: docs of the field (D1, section 6)."""

from segmentation.models import Method, Missing
from segmentation.presets.shapes import Preset, PresetCriterion, PresetSegment, at_least, either, more_than

_OUT_OF_TEN = ((None, 5), ("2", 25), ("4", 50), ("6", 75), ("8", 100))

VIP = Preset(
    key="vip_gold_silver_bronze",
    name=("VIP / Gold / Silver / Bronze", "VIP / Or / Argent / Bronze"),
    summary=(
        "Ranks the whole book by assets, potential, relationship and influence, then shares it out: the top 10% are VIP, the next 30% Gold, "
        "40% Silver, 20% Bronze.",
        "Classe tout le portefeuille selon l’actif géré, le potentiel, la relation et la prescription, puis le répartit : les 10 % de tête sont VIP, "
        "les 30 % suivants Or, 40 % Argent, 20 % Bronze.",
    ),
    suits=(
        "Suits a wealth practice that wants the size of each service level to be known in advance.",
        "Convient à un cabinet patrimonial qui veut connaître d’avance la taille de chaque niveau de service.",
    ),
    method=Method.QUOTAS,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("VIP", "VIP"),
            description=(
                "Personalised premium support, priority access, exclusive events.",
                "Accompagnement premium personnalisé, accès prioritaire, événements exclusifs.",
            ),
            quota=10,
        ),
        PresetSegment(
            name=("Gold", "Or"),
            description=(
                "Structured regular follow-up, detailed reporting, pro-activity.",
                "Suivi régulier et structuré, reporting détaillé, proactivité.",
            ),
            quota=30,
        ),
        PresetSegment(
            name=("Silver", "Argent"),
            description=("Standard follow-up, summary reporting, reactive.", "Suivi standard, reporting synthétique, réactivité."),
            quota=40,
        ),
        PresetSegment(
            name=("Bronze", "Bronze"),
            description=(
                "Light follow-up, digital first, potential to develop.",
                "Suivi léger, d’abord numérique, potentiel à développer.",
            ),
            quota=20,
        ),
    ),
    criteria=(
        PresetCriterion(
            attribute="aum",
            weight=40,
            definition=(
                "Assets the client has entrusted to the firm today, all accounts and policies together.",
                "Actif confié au cabinet à ce jour, tous comptes et contrats réunis.",
            ),
            steps=((None, 5), ("25000", 15), ("50000", 30), ("100000", 45), ("250000", 65), ("500000", 85), ("1000000", 100)),
        ),
        PresetCriterion(
            attribute="potential",
            weight=25,
            definition=(
                "How much the relationship can grow within three years: assets held elsewhere, income to come, projects. 0 = none, 10 = exceptional.",
                "Ce que la relation peut apporter d’ici trois ans : avoirs détenus ailleurs, revenus à venir, projets. 0 = aucun, 10 = exceptionnel.",
            ),
            steps=_OUT_OF_TEN,
        ),
        PresetCriterion(
            attribute="relationship_quality",
            weight=20,
            definition=(
                "Trust and ease of working together, as the lead adviser judges it. 0 = strained, 10 = full trust.",
                "Confiance et facilité à travailler ensemble, selon le conseiller principal. 0 = relation tendue, 10 = confiance totale.",
            ),
            steps=_OUT_OF_TEN,
        ),
        PresetCriterion(
            attribute="prescription",
            weight=15,
            definition=(
                "Influence as a referrer: introductions made, and people of influence around the client. 0 = none, 10 = a regular source of clients.",
                "Influence comme prescripteur : présentations faites et entourage influent. 0 = aucune, 10 = source régulière de clients.",
            ),
            steps=_OUT_OF_TEN,
        ),
    ),
)

AAA = Preset(
    key="aaa_aa_a",
    name=("AAA / AA / A", "AAA / AA / A"),
    summary=(
        "Scores relationship complexity, revenue contribution, planning needs and long-term potential; 65 points and more are AAA, 40 and more AA.",
        "Note la complexité de la relation, la contribution aux revenus, les besoins de planification et le potentiel à long terme ; "
        "65 points et plus donnent AAA, 40 et plus AA.",
    ),
    suits=(
        "Suits a planning practice that wants everyone who reaches a level to be served at that level, however many they are.",
        "Convient à un cabinet de planification qui veut servir à un niveau tous ceux qui l’atteignent, quel que soit leur nombre.",
    ),
    method=Method.THRESHOLDS,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("AAA", "AAA"),
            description=(
                "Quarterly check-in calls, two planning meetings, regular market updates, personal contacts all year.",
                "Appel de suivi chaque trimestre, deux rencontres de planification, point régulier sur les marchés, contacts toute l’année.",
            ),
            least_score=65,
        ),
        PresetSegment(
            name=("AA", "AA"),
            description=(
                "Half-yearly contact, one annual review, periodic educational content.",
                "Contact semestriel, une révision annuelle, contenu éducatif périodique.",
            ),
            least_score=40,
        ),
        PresetSegment(name=("A", "A"), description=("The essentials.", "L’essentiel."), least_score=0),
    ),
    criteria=(
        PresetCriterion(
            attribute="net_worth",
            weight=25,
            definition=(
                "Relationship complexity: the more there is to coordinate (property, companies, trusts), the higher the net worth. "
                "Measured by net worth, debts deducted.",
                "Complexité de la relation : plus il y a à coordonner (immobilier, sociétés, fiducies), plus la valeur nette est élevée. "
                "Mesurée par la valeur nette, dettes déduites.",
            ),
            steps=((None, 10), ("250000", 35), ("500000", 55), ("1000000", 80), ("2500000", 100)),
        ),
        PresetCriterion(
            attribute="annual_revenue",
            weight=35,
            definition=(
                "Revenue contribution: what the client brought the firm over the last 12 months, fees and commissions together.",
                "Contribution aux revenus : ce que le client a rapporté au cabinet sur 12 mois, honoraires et commissions réunis.",
            ),
            steps=((None, 10), ("600", 30), ("1250", 50), ("2500", 75), ("5000", 100)),
        ),
        PresetCriterion(
            attribute="income",
            weight=20,
            definition=(
                "Planning needs: the higher the household’s annual income before tax, the more there is to plan (tax, retirement, protection).",
                "Besoins de planification : plus le revenu annuel brut du ménage est élevé, plus il y a à planifier (impôt, retraite, prévoyance).",
            ),
            steps=((None, 15), ("60000", 40), ("100000", 70), ("150000", 100)),
        ),
        PresetCriterion(
            attribute="potential",
            weight=20,
            definition=(
                "Long-term potential: what the relationship can become over ten years, next generation included. 0 = none, 10 = exceptional.",
                "Potentiel à long terme : ce que la relation peut devenir sur dix ans, génération suivante comprise. 0 = aucun, 10 = exceptionnel.",
            ),
            steps=_OUT_OF_TEN,
        ),
    ),
)

PREMIUM = Preset(
    key="premium_standard_acquisition",
    name=("Premium / Standard / Acquisition", "Premium / Standard / Acquisition"),
    summary=(
        "Looks at assets under management alone: more than 500,000 is Premium, 100,000 to 500,000 Standard, less is Acquisition.",
        "Ne regarde que l’actif géré : plus de 500 000, Premium ; de 100 000 à 500 000, Standard ; moins, Acquisition.",
    ),
    suits=(
        "Suits a practice that begins with segmentation: one figure, which everyone knows.",
        "Convient à un cabinet qui débute en segmentation : un seul chiffre, connu de tous.",
    ),
    method=Method.THRESHOLDS,
    missing=Missing.ZERO,
    segments=(
        PresetSegment(
            name=("Premium", "Premium"),
            description=(
                "Three or four meetings a year, a call every month, quarterly reporting.",
                "Trois ou quatre rencontres par an, un appel chaque mois, reporting trimestriel.",
            ),
            least_score=100,
        ),
        PresetSegment(
            name=("Standard", "Standard"),
            description=(
                "Two meetings a year, a call every quarter, half-yearly reporting.",
                "Deux rencontres par an, un appel chaque trimestre, reporting semestriel.",
            ),
            least_score=50,
        ),
        PresetSegment(
            name=("Acquisition", "Acquisition"),
            description=(
                "One meeting a year, a call every half-year, yearly reporting.",
                "Une rencontre par an, un appel par semestre, reporting annuel.",
            ),
            least_score=0,
        ),
    ),
    criteria=(
        PresetCriterion(
            attribute="aum",
            weight=100,
            definition=(
                "Assets the client has entrusted to the firm today. Exactly 500,000 is Standard: Premium begins one cent above.",
                "Actif confié au cabinet à ce jour. 500 000 tout rond est Standard : Premium commence un centime au-dessus.",
            ),
            steps=((None, 0), ("100000", 50), ("500000.01", 100)),
        ),
    ),
)

VIP_WITH_FLOOR = Preset(
    key="top_tenth_with_floor",
    name=("VIP with a floor / Gold / Silver / Bronze", "VIP avec plancher / Or / Argent / Bronze"),
    summary=(
        "The same shares, but nobody is VIP by rank alone: the top 10% who also have a net worth of more than 1,000,000, or equivalent potential. "
        "Where the two disagree, the floor decides and the place stays empty.",
        "Les mêmes parts, mais nul n’est VIP par son seul rang : les 10 % de tête qui ont aussi un patrimoine net de plus de 1 000 000, "
        "ou un potentiel équivalent. S’ils se contredisent, le plancher décide et la place reste vide.",
    ),
    suits=(
        "Suits a practice that would rather leave a VIP place empty than give it to someone it was not made for.",
        "Convient à un cabinet qui préfère laisser une place VIP vide plutôt que de la donner à qui elle n’est pas destinée.",
    ),
    method=Method.QUOTAS,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=VIP.segments[0].name,
            description=VIP.segments[0].description,
            quota=10,
            conditions=either(more_than("net_worth", 1_000_000), at_least("potential", 9)),
        ),
        *VIP.segments[1:],
    ),
    criteria=VIP.criteria,
    definitions={
        "net_worth": (
            "Everything the client owns less everything owed, home included, as known at the last review.",
            "Tout ce que possède le client moins tout ce qu’il doit, résidence comprise, tel que connu à la dernière révision.",
        )
    },
)
