"""Products and services that clients hold: an attribute of several choices, whose list is shipped by region until the firm edits it."""

from clients.attributes.own import Choice, OwnAttribute
from clients.attributes.shapes import Type
from clients.models import AttributeGroup as Group
from firms.models import Region

PRODUCTS = "products"

SHIPPED: dict[str, tuple[Choice, ...]] = {
    Region.QUEBEC: (
        Choice("life_insurance", "Life insurance", "Assurance vie"),
        Choice("disability_insurance", "Disability insurance", "Assurance invalidité"),
        Choice("critical_illness", "Critical illness insurance", "Assurance maladies graves"),
        Choice("long_term_care", "Long-term care insurance", "Assurance soins de longue durée"),
        Choice("group_insurance", "Group insurance", "Assurance collective"),
        Choice("rrsp", "RRSP", "REER"),
        Choice("tfsa", "TFSA", "CELI"),
        Choice("fhsa", "FHSA", "CELIAPP"),
        Choice("resp", "RESP", "REEE"),
        Choice("rdsp", "RDSP", "REEI"),
        Choice("rrif", "RRIF", "FERR"),
        Choice("lira", "LIRA", "CRI"),
        Choice("lif", "LIF", "FRV"),
        Choice("group_pension", "Group retirement plan", "Régime de retraite collectif"),
        Choice("non_registered", "Non-registered account", "Compte non enregistré"),
        Choice("segregated_funds", "Segregated funds", "Fonds distincts"),
        Choice("annuity", "Annuity", "Rente"),
        Choice("mortgage", "Mortgage", "Prêt hypothécaire"),
        Choice("financial_plan", "Financial plan", "Planification financière"),
    ),
    Region.FRANCE: (
        Choice("life_insurance", "Life insurance (assurance-vie)", "Assurance-vie"),
        Choice("capitalisation", "Capitalisation contract", "Contrat de capitalisation"),
        Choice("per", "Retirement savings plan (PER)", "PER"),
        Choice("pea", "Share savings plan (PEA)", "PEA"),
        Choice("securities_account", "Securities account", "Compte-titres"),
        Choice("scpi", "Property funds (SCPI)", "SCPI"),
        Choice("private_equity", "Private equity", "Private equity"),
        Choice("employee_savings", "Employee savings", "Épargne salariale"),
        Choice("rental_property", "Rental property", "Immobilier locatif"),
        Choice("mortgage", "Mortgage", "Crédit immobilier"),
        Choice("loan_insurance", "Loan insurance", "Assurance emprunteur"),
        Choice("death_disability", "Death and disability cover", "Prévoyance"),
        Choice("health_insurance", "Health insurance", "Complémentaire santé"),
        Choice("savings_account", "Savings account", "Livret d’épargne"),
        Choice("wealth_review", "Wealth review", "Bilan patrimonial"),
    ),
}


def products_attribute(choices: tuple[Choice, ...]) -> OwnAttribute:
    return OwnAttribute(
        key=PRODUCTS, slug=PRODUCTS, group=Group.PRODUCTS, type=Type.CHOICES, label_en="Products held", label_fr="Produits détenus",
        definition_en="Products and services that the client holds through the firm.",
        definition_fr="Produits et services que le client détient par l’intermédiaire du cabinet.",
        all_choices=choices,
    )  # fmt: skip


# Where no firm is known: every shipped product, once.
EVERY_PRODUCT = products_attribute(tuple({choice.value: choice for region in reversed(SHIPPED) for choice in SHIPPED[region]}.values()))
