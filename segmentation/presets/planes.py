"""Schemes of two axes: value × potential (D17), and relational profiles (D16)."""

from segmentation.models import Axis, Method, Missing
from segmentation.presets.scored import VIP
from segmentation.presets.shapes import Bilingual, Preset, PresetCriterion, PresetPlane, PresetSegment

_WEIGHED = {criterion.attribute: criterion for criterion in VIP.criteria}


def _again(attribute: str, weight: int, axis: Axis) -> PresetCriterion:
    """A criterion of the one-axis preset, weighed otherwise."""
    known = _WEIGHED[attribute]
    return PresetCriterion(attribute=attribute, weight=weight, definition=known.definition, steps=known.steps, axis=axis)


def _tens(attribute: str, definition: Bilingual, axis: Axis) -> PresetCriterion:
    """A judgement out of ten, as it is."""
    return PresetCriterion(attribute=attribute, weight=100, definition=definition, ends=(0, 10), axis=axis)


VALUE_POTENTIAL = Preset(
    key="value_potential",
    name=("Value × potential", "Valeur × potentiel"),
    summary=(
        "Two scores: what the client is worth to the firm today, and what the client can become. Each quarter of the plane says who takes the first step, "
        "and by which channel.",
        "Deux notes : ce que le client vaut aujourd’hui pour le cabinet, et ce qu’il peut devenir. Chaque quart du plan dit qui prend l’initiative, "
        "et par quel canal.",
    ),
    suits=(
        "Suits a practice that wants to spend its initiative where it changes something.",
        "Convient à un cabinet qui veut placer son initiative là où elle change quelque chose.",
    ),
    method=Method.PLANE,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("Partners", "Partenaires"),
            description=("High value, high potential: met in person, on the adviser’s initiative.",
                         "Forte valeur, fort potentiel : rencontrés en personne, à l’initiative du conseiller."),
            style={"initiative": "adviser", "default_channel": "in_person", "proactivity": "high"},
        ),
        PresetSegment(
            name=("To keep", "À fidéliser"),
            description=("High value, less to come: regular calls, on the adviser’s initiative.",
                         "Forte valeur, moins à venir : appels réguliers, à l’initiative du conseiller."),
            style={"initiative": "adviser", "default_channel": "phone", "proactivity": "usual"},
        ),
        PresetSegment(
            name=("To develop", "À développer"),
            description=("Little value yet, high potential: video meetings, on the adviser’s initiative.",
                         "Peu de valeur encore, fort potentiel : rencontres en visio, à l’initiative du conseiller."),
            style={"initiative": "adviser", "default_channel": "video", "proactivity": "high"},
        ),
        PresetSegment(
            name=("To maintain", "À entretenir"),
            description=("Little value, little potential: by e-mail, on the client’s initiative.",
                         "Peu de valeur, peu de potentiel : par courriel, à l’initiative du client."),
            style={"initiative": "client", "default_channel": "email", "proactivity": "low"},
        ),
    ),
    criteria=(
        _again("aum", 50, Axis.FIRST),
        PresetCriterion(
            attribute="annual_revenue",
            weight=30,
            definition=(
                "What the client brought the firm over the last 12 months, fees and commissions together.",
                "Ce que le client a rapporté au cabinet sur 12 mois, honoraires et commissions réunis.",
            ),
            steps=((None, 10), ("600", 30), ("1250", 50), ("2500", 75), ("5000", 100)),
        ),
        _again("relationship_quality", 20, Axis.FIRST),
        _again("potential", 50, Axis.SECOND),
        _again("prescription", 30, Axis.SECOND),
        PresetCriterion(
            attribute="referrals_12_months",
            weight=20,
            definition=(
                "People the client introduced or recommended in the last 12 months, whatever came of it.",
                "Personnes que le client a présentées ou recommandées sur 12 mois, quelle qu’en soit la suite.",
            ),
            steps=((None, 0), ("1", 40), ("2", 70), ("4", 100)),
            axis=Axis.SECOND,
        ),
    ),
    plane=PresetPlane(x_name=("Value", "Valeur"), y_name=("Potential", "Potentiel"), x_cuts=(50,), y_cuts=(50,), cells=((3, 1), (2, 0))),
)  # fmt: skip

RELATIONAL = Preset(
    key="relational_profiles",
    name=("Relational profiles", "Profils relationnels"),
    summary=(
        "How clients want to be served, whatever they are worth: where they feel they stand with the firm, and how much they expect. An overlay: it changes "
        "the channel, the first step and the spacing, never the promise.",
        "Comment les clients veulent être servis, quelle que soit leur valeur : leur rapport de force perçu avec le cabinet et leurs attentes. "
        "En surcouche : elle change le canal, l’initiative et l’espacement, jamais l’engagement.",
    ),
    suits=(
        "Suits a practice that already has value segments and wants each client served in the right manner.",
        "Convient à un cabinet qui a déjà des segments de valeur et veut servir chacun de la bonne manière.",
    ),
    method=Method.PLANE,
    missing=Missing.REWEIGHT,
    segments=(
        PresetSegment(
            name=("Demanding partners", "Partenaires exigeants"),
            description=("Feel they count, and expect much: an equal to talk to, prepared and quick.",
                         "Se savent importants et attendent beaucoup : un interlocuteur à leur hauteur, préparé et rapide."),
            style={"initiative": "adviser", "presence": "face_to_face", "timing": "synchronous", "frequency": "high", "proactivity": "high", "reactivity": "high"},
        ),
        PresetSegment(
            name=("Time-poor", "Pressés"),
            description=("Feel they count, and want it short: fast, at a distance, competent.",
                         "Se savent importants et veulent faire court : vite, à distance, avec compétence."),
            style={"initiative": "adviser", "default_channel": "video", "presence": "remote", "timing": "asynchronous", "frequency": "low",
                   "proactivity": "usual", "reactivity": "high"},
        ),
        PresetSegment(
            name=("Solicitors", "Solliciteurs"),
            description=("Many projects, many questions: they take time and value warmth.",
                         "Beaucoup de projets, beaucoup de questions : ils prennent du temps et aiment la chaleur."),
            style={"initiative": "client", "default_channel": "phone", "presence": "face_to_face", "timing": "synchronous", "frequency": "high",
                   "proactivity": "usual", "reactivity": "usual"},
        ),
        PresetSegment(
            name=("Trusting", "Confiants"),
            description=("Leave it to the firm and ask for little: reassure them before they ask.",
                         "S’en remettent au cabinet et demandent peu : les rassurer avant qu’ils ne demandent."),
            style={"initiative": "adviser", "default_channel": "email", "timing": "asynchronous", "frequency": "usual", "proactivity": "high",
                   "reactivity": "usual"},
        ),
    ),
    criteria=(
        _tens(
            "power_balance",
            (
                "Where the client feels they stand: 0 in the firm’s hands, 5 as equals, 10 the firm depends on them. The adviser’s judgement.",
                "Où le client se situe : 0 entre les mains du cabinet, 5 d’égal à égal, 10 le cabinet dépend de lui. Jugement du conseiller.",
            ),
            Axis.FIRST,
        ),
        _tens(
            "expectations",
            (
                "What the client expects: 0 asks for nothing, 10 availability, initiative and answers at once. The adviser’s judgement.",
                "Ce qu’attend le client : 0 ne demande rien, 10 disponibilité, initiative et réponse immédiate. Jugement du conseiller.",
            ),
            Axis.SECOND,
        ),
    ),
    plane=PresetPlane(
        x_name=("Balance of power", "Rapport de force"), y_name=("Expectations", "Attentes"), x_cuts=(50,), y_cuts=(50,), cells=((3, 1), (2, 0))
    ),
)  # fmt: skip
