//! Payments as callers and events see them: in the shape of the compatible API,
//! and what Portico knows beside that.

use super::{FeeAmount, Payment, PaymentMethod, PaymentStatus};
use crate::{InvoiceId, PaymentId, Time, invoice::shown};
use serde::{Deserialize, Serialize};

/// A payment as the team sees it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Payment")]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// Always `payment`.
    pub object: String,
    /// When it was recorded.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Of which invoice.
    pub invoice_id: InvoiceId,
    /// The client of that invoice; empty for none.
    pub client_id: String,
    /// The company of that invoice; empty for none.
    pub company_id: String,
    /// Whether money came.
    pub status: PaymentStatus,
    /// How much, in the smallest unit of the currency.
    pub amount: i64,
    /// The currency of the invoice.
    pub currency: String,
    /// How it was paid.
    pub payment_method: PaymentMethod,
    /// What the card's or account's number ends with; empty if not known.
    pub last4_digits: String,
    /// The brand of the card; empty if not known.
    pub brand: String,
    /// Why it failed, for people.
    pub message: String,
    /// Why it failed, for programs.
    pub decline_code: String,
    /// What it cost to be paid.
    pub fee_amount: FeeAmount,
    /// When it was paid, or failed.
    pub paid_at: Time,
}

impl Payment {
    /// The payment as the team sees it.
    pub fn view(&self) -> PaymentView {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        PaymentView {
            id: self.id,
            object: "payment".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            invoice_id: self.invoice_id,
            client_id: shown(self.client_id),
            company_id: shown(self.company_id),
            status: self.status,
            amount: self.amount,
            currency: self.currency.clone(),
            payment_method: self.payment_method,
            last4_digits: text(&self.last4_digits),
            brand: text(&self.brand),
            message: text(&self.message),
            decline_code: text(&self.decline_code),
            fee_amount: self.fee_amount,
            paid_at: self.paid_at,
        }
    }
}
