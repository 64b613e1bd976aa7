"""Who is served: clients, the people in them, what was said with them, and where they came from."""

from clients.models.client import (
    KNOWN_AUM,
    KNOWN_SINCE,
    Channel,
    Client,
    DecisionStyle,
    Kind,
    MaritalStatus,
    Person,
    Plain,
    Relationship,
    RiskAttitude,
    SearchWord,
    Status,
)
from clients.models.contact import FollowUp, Interaction, ValueShown
from clients.models.defined import AttributeDefinition, AttributeGroup, OwnType, SavedFilter
from clients.models.importing import ImportBatch, ImportRow, MergeProposal, SavedMapping
from clients.models.record import Amount, AmountKind, Keeping, LifeEvent, Referral
from clients.models.transfer import Transfer, TransferredClient

__all__ = [
    "KNOWN_AUM",
    "KNOWN_SINCE",
    "Amount",
    "AmountKind",
    "AttributeDefinition",
    "AttributeGroup",
    "Channel",
    "Client",
    "DecisionStyle",
    "FollowUp",
    "ImportBatch",
    "ImportRow",
    "Interaction",
    "Keeping",
    "Kind",
    "LifeEvent",
    "MaritalStatus",
    "MergeProposal",
    "OwnType",
    "Person",
    "Plain",
    "Referral",
    "Relationship",
    "RiskAttitude",
    "SavedFilter",
    "SavedMapping",
    "SearchWord",
    "Status",
    "Transfer",
    "TransferredClient",
    "ValueShown",
]
