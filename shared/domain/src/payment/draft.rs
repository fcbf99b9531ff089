//! What a caller says of a payment, checked.

use super::{FeeAmount, PaymentMethod, PaymentStatus};
use crate::{
    Invalid, MAX_TOTAL, Time,
    text::{block, line},
};

/// A payment as callers write it.
#[derive(Clone, Debug, Default)]
pub struct PaymentFields {
    /// How much.
    pub amount: Option<i64>,
    /// Whether money came.
    pub status: PaymentStatus,
    /// How it was paid.
    pub payment_method: Option<PaymentMethod>,
    /// What the card's or account's number ends with.
    pub last4_digits: String,
    /// The brand of the card.
    pub brand: String,
    /// Why it failed, for people.
    pub message: String,
    /// Why it failed, for programs.
    pub decline_code: String,
    /// What it cost to be paid.
    pub fee_amount: FeeAmount,
    /// When; now unless given.
    pub paid_at: Option<Time>,
}

/// A payment that can be recorded.
#[derive(Clone, Debug)]
pub struct PaymentDraft {
    pub(crate) amount: i64,
    pub(crate) status: PaymentStatus,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) last4_digits: Option<String>,
    pub(crate) brand: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) decline_code: Option<String>,
    pub(crate) fee_amount: FeeAmount,
    pub(crate) paid_at: Time,
}

impl PaymentDraft {
    /// Checks everything but whether the invoice takes it.
    pub fn new(fields: &PaymentFields, now: Time) -> Result<Self, Invalid> {
        let amount = fields.amount.ok_or_else(|| Invalid::missing("amount"))?;
        if amount < 1 {
            let message = "amount is 1 or more, in the smallest unit of the currency";
            return Err(Invalid::new("amount", "amount_invalid", message));
        }
        let payment_method = fields
            .payment_method
            .ok_or_else(|| Invalid::missing("paymentMethod"))?;
        let paid_at = fields.paid_at.unwrap_or(now);
        if paid_at > now || paid_at.unix_millis() < 0 {
            let message =
                "paidAt is a time from 1970 to now: a payment is recorded once it was made";
            return Err(Invalid::new("paidAt", "paid_at_invalid", message));
        }
        for (name, fee) in [
            ("paidByPlatform", fields.fee_amount.paid_by_platform),
            ("paidByClient", fields.fee_amount.paid_by_client),
        ] {
            if !(0..=MAX_TOTAL).contains(&fee) {
                let message = format!("a fee is from 0 to {MAX_TOTAL}");
                let field = format!("feeAmount.{name}");
                return Err(Invalid::new(&field, "amount_invalid", message));
            }
        }
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let draft = Self {
            amount,
            status: fields.status,
            payment_method,
            last4_digits: some(last_digits(&fields.last4_digits)?),
            brand: some(line("brand", &fields.brand, 0, 50)?),
            message: some(block("message", &fields.message, 500)?),
            decline_code: some(line("declineCode", &fields.decline_code, 0, 100)?),
            fee_amount: fields.fee_amount,
            paid_at,
        };
        draft.refuse_reasons_of_success()?;
        Ok(draft)
    }

    fn refuse_reasons_of_success(&self) -> Result<(), Invalid> {
        let reasons = [
            ("message", &self.message),
            ("declineCode", &self.decline_code),
        ];
        for (field, reason) in reasons {
            if self.status == PaymentStatus::Succeeded && reason.is_some() {
                let message = format!("{field} says why a payment failed; this one succeeded");
                return Err(Invalid::new(field, "payment_not_failed", message));
            }
        }
        Ok(())
    }
}

fn last_digits(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(text.to_owned());
    }
    let message = "last4Digits are four digits; a whole number of a card or account is not kept";
    Err(Invalid::new("last4Digits", "digits_invalid", message))
}
