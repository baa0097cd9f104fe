"""The floor: parse the body, answer three fixed cards."""

import json

from flask import Flask, request

CARD = {
    "uuid": "5f2c1f0a-8f1e-4d39-9f0a-1b6f1d5e7a11",
    "summary": "Kyphoplasty L1: INR 2.4 on 2025-05-18: outside the limits for this procedure",
    "indicator": "warning",
    "source": {"label": "SIR 2019", "topic": {"system": "https://example.org/t", "code": "x"}},
    "detail": "x" * 800,
}
ANSWER = {"cards": [CARD, CARD, CARD]}

app = Flask(__name__)


@app.post("/cds-services/<service>")
def answer(service):
    """Parse and answer."""
    json.loads(request.get_data())
    return app.response_class(json.dumps(ANSWER), mimetype="application/json")
