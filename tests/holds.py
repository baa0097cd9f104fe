"""The table of holds before a procedure with a high risk of bleeding, as rules.md 6 gives it."""

from __future__ import annotations

from decimal import Decimal

from cds_service.clinical.antithrombotics import HoldLimits
from cds_service.clinical.hold import Hold
from cds_service.clinical.when import Window
from tests.charts import limit

FIFTEEN, THIRTY, FIFTY = Decimal(15), Decimal(30), Decimal(50)
HOLDS = (
    Hold("warfarin", days=5, needs="inr"),
    Hold("apixaban", doses=Decimal(4), clearance_from=FIFTY),
    Hold("apixaban", doses=Decimal(6), clearance_from=FIFTEEN, clearance_below=FIFTY),
    Hold("rivaroxaban", doses=Decimal(2), clearance_from=THIRTY),
    Hold("rivaroxaban", doses=Decimal(3), clearance_from=FIFTEEN, clearance_below=THIRTY),
    Hold("edoxaban", doses=Decimal(2)),
    Hold("dabigatran", doses=Decimal(4), clearance_from=FIFTY),
    Hold("dabigatran", doses=Decimal(8), clearance_from=FIFTEEN, clearance_below=FIFTY),
    Hold("betrixaban", doses=Decimal(3)),
    Hold("heparin", hours=Decimal(6), route="iv", needs="aptt"),
    Hold("heparin", hours=Decimal(6), route="sc"),
    Hold("enoxaparin", doses=Decimal(1), intent="prophylactic"),
    Hold("enoxaparin", doses=Decimal(2), hours=Decimal(24), intent="therapeutic"),
    Hold("dalteparin", doses=Decimal(1)),
    Hold("fondaparinux", days=3, clearance_from=FIFTY),
    Hold("fondaparinux", days=5, clearance_from=FIFTEEN, clearance_below=FIFTY),
    Hold("argatroban", hours=Decimal(4), needs="aptt"),
    Hold("bivalirudin", hours=Decimal(4), needs="aptt"),
    Hold("clopidogrel", days=5),
    Hold("ticagrelor", days=5),
    Hold("prasugrel", days=7),
    Hold("aspirin", days=5),
    Hold("dipyridamole", days=5),
    Hold("cangrelor", hours=Decimal(1)),
    Hold("abciximab", hours=Decimal(24)),
    Hold("eptifibatide", hours=Decimal(8)),
    Hold("tirofiban", hours=Decimal(8)),
    Hold("cilostazol", none=True),
    Hold("nsaid", none=True),
)
LIMITS = HoldLimits(
    HOLDS,
    review=Window(days=30),
    kidney=Window(days=30),
    coagulation=Window(days=7),
    inr_after_hold=limit("1.8"),
    inr_above=limit("1.5"),
    platelets_below=limit("50"),
    prophylactic_daily_mg=limit("60"),
)
