"""Hook requests of known size: typical (about 68 kB, 73 resources), heavy (1 MB, 1,000), foreign."""

import json
import random
from datetime import UTC, datetime, timedelta

LABS = [
    ("6301-6", "INR in Platelet poor plasma by Coagulation assay", "{INR}", 1.0, 1.4),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150, 400),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 11, 16),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 4, 11),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 1.3),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 135, 145),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3.5, 5.0),
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 100, 150),
    ("8310-5", "Body temperature", "Cel", 36.2, 37.4),
]
CONDITIONS = [
    ("M80.08XA", "Age-related osteoporosis with current pathological fracture, vertebra(e)"),
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("M54.6", "Pain in thoracic spine"),
]
DRUGS = [
    ("855332", "Warfarin Sodium 5 MG Oral Tablet"),
    ("314076", "Lisinopril 10 MG Oral Tablet"),
    ("860975", "Metformin hydrochloride 500 MG Oral Tablet"),
    ("617311", "Atorvastatin 40 MG Oral Tablet"),
]
REPORT = (
    "MRI of the thoracic and lumbar spine without contrast. There is a compression fracture of L1 "
    "with about 40 percent loss of height and edema of the marrow on STIR. No retropulsion. "
) * 8


def _days(rng, now, most):
    return (now - timedelta(days=rng.randint(0, most), hours=rng.randint(0, 20))).isoformat()


def _concept(system, code, text):
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def observation(rng, index, now):
    """One laboratory result of some 900 bytes."""
    code, text, unit, low, high = LABS[index % len(LABS)]
    return {
        "resourceType": "Observation",
        "id": f"obs-{index}",
        "meta": {"versionId": "1", "lastUpdated": now.isoformat()},
        "status": "final",
        "category": [
            _concept(
                "http://terminology.hl7.org/CodeSystem/observation-category",
                "laboratory",
                "Laboratory",
            )
        ],
        "code": _concept("http://loinc.org", code, text),
        "subject": {"reference": "Patient/bench", "display": "Example, Bench"},
        "encounter": {"reference": f"Encounter/{index}"},
        "effectiveDateTime": _days(rng, now, 300),
        "issued": now.isoformat(),
        "performer": [{"reference": "Organization/lab", "display": "Central laboratory"}],
        "valueQuantity": {
            "value": round(rng.uniform(low, high), 1),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
        "referenceRange": [
            {"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}
        ],
    }


def condition(rng, index, now):
    """One diagnosis."""
    code, text = CONDITIONS[index % len(CONDITIONS)]
    return {
        "resourceType": "Condition",
        "id": f"cond-{index}",
        "clinicalStatus": _concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"
        ),
        "category": [
            _concept(
                "http://terminology.hl7.org/CodeSystem/condition-category",
                "problem-list-item",
                "Problem",
            )
        ],
        "code": _concept("http://hl7.org/fhir/sid/icd-10-cm", code, text),
        "subject": {"reference": "Patient/bench"},
        "recordedDate": _days(rng, now, 900),
    }


def drug(rng, index, now):
    """One prescription."""
    code, text = DRUGS[index % len(DRUGS)]
    return {
        "resourceType": "MedicationRequest",
        "id": f"med-{index}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(
            "http://www.nlm.nih.gov/research/umls/rxnorm", code, text
        ),
        "subject": {"reference": "Patient/bench"},
        "authoredOn": _days(rng, now, 60),
        "dosageInstruction": [
            {
                "text": "1 tablet daily",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            }
        ],
    }


def allergy(rng, index, now):
    """One allergy."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"all-{index}",
        "code": _concept("http://www.nlm.nih.gov/research/umls/rxnorm", "7980", "Penicillin G"),
        "patient": {"reference": "Patient/bench"},
        "recordedDate": _days(rng, now, 200),
    }


def report(rng, index, now):
    """One report of 240 words."""
    return {
        "resourceType": "DiagnosticReport",
        "id": f"rep-{index}",
        "status": "final",
        "category": [_concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")],
        "code": _concept("http://loinc.org", "30679-5", "MR Lumbar spine WO contrast"),
        "subject": {"reference": "Patient/bench"},
        "effectiveDateTime": _days(rng, now, 60),
        "conclusion": REPORT,
    }


def body(seed, counts, code="22514"):
    """Write one hook request with so many observations, conditions, drugs, allergies, reports."""
    rng, now = random.Random(seed), datetime.now(UTC).replace(microsecond=0)
    makers = {
        "laboratory": observation,
        "conditions": condition,
        "medication_requests": drug,
        "allergies": allergy,
        "diagnostic_reports": report,
    }
    prefetch = {
        "patient": {
            "resourceType": "Patient",
            "id": "bench",
            "gender": "female",
            "birthDate": "1949-03-02",
        }
    }
    for (name, make), count in zip(makers.items(), counts, strict=True):
        entries = [
            {"fullUrl": f"urn:uuid:{name}-{i}", "resource": make(rng, i, now)} for i in range(count)
        ]
        prefetch[name] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    for name in (
        *("vital_signs", "findings", "medication_statements", "medication_dispenses"),
        *("medication_administrations", "encounters", "imaging_studies", "procedures"),
        *("service_requests", "lists"),
    ):
        prefetch[name] = empty
    order = {
        "resourceType": "ServiceRequest",
        "id": "order-1",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}]},
        "subject": {"reference": "Patient/bench"},
        "bodySite": [{"coding": [{"system": "http://snomed.info/sct", "code": "66794005"}]}],
    }
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}
    context = {
        "userId": "Practitioner/1",
        "patientId": "bench",
        "selections": ["ServiceRequest/order-1"],
        "draftOrders": drafts,
    }
    request = {
        "hook": "order-select",
        "hookInstance": f"0d3a0c5e-0000-4000-8000-{seed:012d}",
        "context": context,
        "prefetch": prefetch,
    }
    return json.dumps(request).encode()


def bodies():
    """Eight distinct bodies of each kind."""
    typical, heavy = (60, 5, 4, 1, 1), (500, 220, 220, 20, 39)
    return {
        "typical": [body(seed, typical) for seed in range(8)],
        "heavy": [body(seed, heavy) for seed in range(8)],
        "foreign": [body(seed, typical, code="71046") for seed in range(8)],
    }
