"""Imaging studies told by words: modality, region, and what is no study of the spine."""

from __future__ import annotations

import re
from typing import Final

from cds_service.clinical.levels import LEVELS, between

REGIONS: Final = {
    "cervical": between("C1", "T1"),
    "thoracic": between("T1", "L1"),
    "lumbar": between("T11", "L5"),
    "spine": frozenset(LEVELS),
}
"""The levels that a study of a region shows (rules.md 9.12); the sacrum is no level of ours."""

_MODALITIES: Final = (
    (
        "MR",
        re.compile(
            r"(?i)\b(?:MRI?|MRT|IRM|RMN|magnetic resonance|magnetresonan\w*|kernspin\w*"
            r"|r[ée]sonance magn\w*|resonancia magn\w*|risonanza magn\w*)\b"
        ),
    ),
    ("NM", re.compile(r"(?i)\b(?:NM|SPECT|scintigra\w*|bone scan)\b")),
    ("PT", re.compile(r"(?i)\bPET\b|\bpositron\b")),
    (
        "CT",
        re.compile(
            r"(?i)\b(?:CT|TDM|TAC|computed tomography|computertomogra\w*|tomodensitom\w*)\b"
        ),
    ),
    ("XR", re.compile(r"(?i)\b(?:XR|DX|CR|x-?rays?|radiographs?|radiography)\b")),
)
_ANY_MODALITY: Final = re.compile(
    r"(?i)\b(?:MR|magn|NM|SPECT|scint|bone|PET|posi|CT|comp|XR|DX|CR|x|radiog"
    r"|IRM|RMN|kern|r[ée]s|ris|TDM|TAC|tomod)"
)
_PARTS: Final = (
    (
        "spine",
        r"(?:whole|entire|complete|total|full)[\s-]*spine|spine[\s,-]*(?:whole|entire|total)",
    ),
    ("cervical", r"cervical|cervico\w*|(?<![a-z])c[\s/-]?spine|\bHWS\b|halswirbel"),
    (
        "thoracic",
        r"thoracic|thoraco\w*|cervicothoracic|dorsal|dorso\w*|(?<![a-z])t[\s/-]?spine|\bBWS\b|brustwirbel",
    ),
    (
        "lumbar",
        r"lumbar|lumbo|dorsolumbar|(?<![a-z])ls?[\s/-]?spine|\bLWS\b|lendenwirbel|lombaire|lombare",
    ),
)
_PART_PATTERNS: Final = [(name, re.compile(rf"(?i){words}")) for name, words in _PARTS]
_JOINED: Final = re.compile(r"(?i)(?<![a-z])([ctl])[\s/,&+-]*([tl])[\s/,&+-]*(l)?[\s-]*spine")
_LETTERS: Final = {"c": "cervical", "t": "thoracic", "l": "lumbar"}
_SPINE: Final = re.compile(
    r"(?i)spine|spinal|vertebra|lumbar|lumbo|thoracolumbar|cervicothoracic|myelo|(?:sacrum|coccyx)"
    r"|wirbels|wervelkolom|rachis\b|rachid|columna vert|colonna vert|\b[HBL]WS\b|lombaire|lombare"
)
_ELSEWHERE: Final = re.compile(
    r"(?i)brain|head|chest|aort|outlet|abdom|pelvi|knee|shoulder|\bhip|cardiac|heart|breast|plexus"
    r"|carotid|soft tissue|angio|\bMRA\b|\bCTA\b|lymph|neck|face|orbit|foot|ankle|hand|wrist|elbow"
)
_BONE: Final = re.compile(
    r"(?i)bone\s*(?:scan|views?|spect|scintigra\w*|3|imaging)"
    r"|spect\s{0,8}(?:/\s{0,8}ct)?\s{0,8}(?:whole body)?\s{0,8}bone"
    r"|whole[\s-]*body[\s-]*bone|scintigra\w*[\s\w]*bone|skeletal scintigra"
)
_STANDING: Final = re.compile(r"(?i)\b(?:standing|upright|erect|weight[\s-]*bearing)\b")
_LYING: Final = re.compile(
    r"(?i)\b(?:supine|prone|recumbent|decubitus|lying|cross[\s-]*table|portable|non[\s-]*weight)\b"
)
_GUIDANCE: Final = re.compile(
    r"(?i)\bguid(?:ed|ance|e)\b"
    r"|(?<!post )(?<!post-)(?<!after )(?<!s/p )(?<!for )"
    r"\b(?:kyphoplast|vertebroplast|injection|ablation|biops|drainage|aspiration)\w*"
)
_WHOLE_BODY: Final = re.compile(r"(?i)whole[\s-]*body")


def is_guidance(text: str) -> bool:
    """Tell whether words name images that guide a procedure, which are no study of the canal."""
    return bool(_GUIDANCE.search(text))


def modality_of(text: str) -> str:
    """Name the modality that words tell, empty for none."""
    if not _ANY_MODALITY.search(text):
        return ""
    return next((name for name, pattern in _MODALITIES if pattern.search(text)), "")


def covers(text: str) -> frozenset[str] | None:
    """Name the levels that words of a region cover, None where they tell none."""
    parts = {name for name, pattern in _PART_PATTERNS if pattern.search(text)}
    for joined in _JOINED.finditer(text):
        parts |= {_LETTERS[letter.lower()] for letter in joined.groups() if letter}
    if not parts:
        return None
    return frozenset().union(*(REGIONS[part] for part in parts))


def is_spine(text: str) -> bool:
    """Tell whether words speak of the spine for certain."""
    return bool(_SPINE.search(text))


def is_elsewhere(text: str) -> bool:
    """Tell whether words name a part of the body and the spine is none of it."""
    return not _SPINE.search(text) and bool(_ELSEWHERE.search(text))


def is_bone_scan(text: str) -> bool:
    """Tell whether words name a bone scan."""
    return bool(_BONE.search(text))


def is_whole_body(text: str) -> bool:
    """Tell whether words name the whole body."""
    return bool(_WHOLE_BODY.search(text))


def is_standing(text: str) -> bool | None:
    """Tell whether words say that the patient stood or lay; None for neither or both."""
    stood, lay = bool(_STANDING.search(text)), bool(_LYING.search(text))
    return None if stood is lay else stood
