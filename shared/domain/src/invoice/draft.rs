//! What a caller gives to bill something, or wants changed about an invoice,
//! checked.

use super::{Decimal, InvoiceNumber, LineItem, Totals};
use crate::{
    Invalid, PaymentPreference, Time,
    text::{block, line},
};
use serde_json::Number;
use std::time::Duration;

/// How many lines an invoice has at most.
pub const MAX_LINES: usize = 100;

const MAX_MEMO: usize = 2_000;
const MAX_AMOUNT: i64 = 99_999_999;
const MAX_QUANTITY: u32 = 1_000_000;
const MAX_DAYS_UNTIL_DUE: u64 = 365;
const DAY: Duration = Duration::from_hours(24);
/// How far from now an invoice can be due: records of what was billed elsewhere
/// are brought along, and years are mistyped.
const DUE_WITHIN: Duration = Duration::from_hours(24 * 3_653);

/// What is billed, checked.
#[derive(Clone, Debug)]
pub struct InvoiceDraft {
    /// Its number; counted unless given.
    pub number: Option<InvoiceNumber>,
    /// For what.
    pub line_items: Vec<LineItem>,
    /// What is said with it.
    pub memo: Option<String>,
    /// In which currency.
    pub currency: String,
    /// The tax on the sum of the lines, in percent.
    pub tax_percentage: Decimal,
    /// What it comes to.
    pub totals: Totals,
    /// When it is due.
    pub due_date: Time,
    /// How the payer may pay elsewhere.
    pub payment_preferences: Vec<PaymentPreference>,
}

/// What shall change about an invoice.
#[derive(Clone, Debug, Default)]
pub struct InvoicePatch {
    /// Its number.
    pub number: Option<InvoiceNumber>,
    /// What is said with it; an empty text clears it.
    pub memo: Option<String>,
    /// When it is due.
    pub due_date: Option<Time>,
}

/// A line as callers write it.
#[derive(Clone, Debug, Default)]
pub struct LineDraft {
    /// What is billed.
    pub description: String,
    /// What one of it costs.
    pub amount: Option<i64>,
    /// How many there are; one unless given.
    pub quantity: Option<Number>,
}

impl InvoiceDraft {
    /// Checks lines and tax, and adds them up.
    pub fn new(
        lines: &[LineDraft],
        tax_percentage: Option<&Number>,
        due_date: Time,
    ) -> Result<Self, Invalid> {
        if lines.is_empty() {
            return Err(Invalid::missing("lineItems"));
        }
        if lines.len() > MAX_LINES {
            let message = format!(
                "an invoice has {MAX_LINES} lines at most; this has {}",
                lines.len()
            );
            return Err(Invalid::new("lineItems", "too_many_lines", message));
        }
        let checked = lines.iter().enumerate().map(|(at, line)| line.check(at));
        let line_items: Vec<LineItem> = checked.collect::<Result<_, _>>()?;
        let tax_percentage = tax_percentage
            .map(|tax| Decimal::parse("taxPercentage", tax, 100))
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            number: None,
            memo: None,
            currency: "usd".to_owned(),
            totals: Totals::of(line_items.iter().map(LineItem::total), tax_percentage)?,
            line_items,
            tax_percentage,
            due_date,
            payment_preferences: Vec::new(),
        })
    }

    /// Checks the memo.
    pub fn parse_memo(text: &str) -> Result<String, Invalid> {
        block("memo", text, MAX_MEMO)
    }
}

impl LineDraft {
    fn check(&self, place: usize) -> Result<LineItem, Invalid> {
        let field = |name: &str| format!("lineItems[{place}].{name}");
        let amount = field("amount");
        let quantity = self.quantity.as_ref();
        Ok(LineItem {
            description: line(&field("description"), &self.description, 0, 500)?,
            amount: match self.amount {
                None => return Err(Invalid::missing(&amount)),
                Some(known) if (-MAX_AMOUNT..=MAX_AMOUNT).contains(&known) => known,
                Some(_) => {
                    let message = format!("{amount} is from -{MAX_AMOUNT} to {MAX_AMOUNT}");
                    return Err(Invalid::new(&amount, "amount_invalid", message));
                }
            },
            quantity: quantity
                .map(|number| Decimal::parse(&field("quantity"), number, MAX_QUANTITY))
                .transpose()?
                .unwrap_or(Decimal::ONE),
        })
    }
}

/// When an invoice is due: so many days from now, or at the time that is given.
pub fn due_date(days: Option<u64>, date: Option<Time>, now: Time) -> Result<Time, Invalid> {
    match (days, date) {
        (Some(_), Some(_)) => Err(Invalid::new(
            "dueDate",
            "due_date_ambiguous",
            "give either daysUntilDue or dueDate",
        )),
        (None, None) => Err(Invalid::missing("daysUntilDue")),
        (Some(days @ 0..=MAX_DAYS_UNTIL_DUE), None) => {
            let days = u32::try_from(days).unwrap_or_default();
            Ok(now + DAY * days)
        }
        (Some(_), None) => {
            let message = format!("daysUntilDue is from 0 to {MAX_DAYS_UNTIL_DUE}");
            Err(Invalid::new("daysUntilDue", "parameter_invalid", message))
        }
        (None, Some(date)) => {
            if date.since(now) > DUE_WITHIN || now.since(date) > DUE_WITHIN {
                let message = "dueDate is within ten years of now";
                return Err(Invalid::new("dueDate", "due_date_invalid", message));
            }
            Ok(date)
        }
    }
}

/// Checks the code of a currency, in whatever case.
pub fn parse_currency(text: &str) -> Result<String, Invalid> {
    let code = text.trim().to_ascii_lowercase();
    if CURRENCIES.split(' ').any(|known| known == code) {
        return Ok(code);
    }
    let message = "currency is a code of ISO 4217, such as usd or eur";
    Err(Invalid::new("currency", "currency_unknown", message))
}

/// The currencies of ISO 4217, as of 2026, without precious metals, funds and
/// codes for tests.
const CURRENCIES: &str = "\
aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn \
bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs \
gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw \
kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad \
ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd \
shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyu uzs ved \
ves vnd vuv wst xaf xcd xcg xof xpf yer zar zmw zwg";
