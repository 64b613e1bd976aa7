"""Ready-made lines of the strategy table, by the key of the matrix preset they come with, rank 1 first.

Figures and words: the practitioners' strategy table, which says them beside the services it promises. Costs and profit are not written here: they are
worked out.
"""

from decimal import Decimal

from service_matrix.strategies import StrategyDraft

_TOOLS_EN = "CRM, needs analysis, social media tool"
_TOOLS_FR = "CRM, analyse des besoins, outil de réseaux sociaux"

STRATEGY_LINES: dict[str, tuple[StrategyDraft, ...]] = {
    "strategy_table": (
        StrategyDraft(
            revenue_from=Decimal(5001),
            activities_en="Lunch-and-learn, seminar, two review meetings, newsletter, calls and e-mails answered",
            activities_fr="Repas-conférence, séminaire, deux rencontres de suivi, lettre d’information, réponse aux appels et aux courriels",
            technology_en=_TOOLS_EN,
            technology_fr=_TOOLS_FR,
        ),
        StrategyDraft(
            revenue_from=Decimal(1251),
            revenue_to=Decimal(5000),
            activities_en="Annual meeting, newsletter, seminar, calls and e-mails answered",
            activities_fr="Rencontre annuelle, lettre d’information, séminaire, réponse aux appels et aux courriels",
            technology_en=_TOOLS_EN,
            technology_fr=_TOOLS_FR,
        ),
        StrategyDraft(
            revenue_from=Decimal(601),
            revenue_to=Decimal(1250),
            activities_en="Newsletter, annual check-in call, calls and e-mails answered",
            activities_fr="Lettre d’information, appel de suivi annuel, réponse aux appels et aux courriels",
            technology_en="CRM",
            technology_fr="CRM",
        ),
        StrategyDraft(
            revenue_from=Decimal(0),
            revenue_to=Decimal(600),
            activities_en="Newsletter, calls and e-mails answered",
            activities_fr="Lettre d’information, réponse aux appels et aux courriels",
            technology_en="CRM",
            technology_fr="CRM",
        ),
    ),
}
