"""The nouns of the service, and the questions that several rules share; standard library only."""

from cds_service.clinical.answer import Answer, Gap, Proof, all_of, any_of, settle
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition, suspicion
from cds_service.clinical.fact import (
    ALLERGIES,
    DRUGS,
    ENCOUNTERS,
    ORDERS,
    PROCEDURES,
    STUDIES,
    Diagnosis,
    DrugUse,
    Match,
    Standing,
    condition,
    examination,
    imaging_finding,
    lab,
    vital,
)
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.rule import Rule, rule
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Age, When, Window

__all__ = [
    "ALLERGIES",
    "DRUGS",
    "ENCOUNTERS",
    "ORDERS",
    "PROCEDURES",
    "STUDIES",
    "Age",
    "Answer",
    "Chart",
    "Diagnosis",
    "DrugUse",
    "Gap",
    "Match",
    "Proof",
    "Quantity",
    "Reason",
    "Rule",
    "Standing",
    "Truth",
    "When",
    "Window",
    "all_of",
    "any_of",
    "condition",
    "examination",
    "has_condition",
    "imaging_finding",
    "lab",
    "rule",
    "settle",
    "suspicion",
    "vital",
]
