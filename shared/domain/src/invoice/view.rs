//! Invoices as callers and events see them: in the shape of the compatible API,
//! and what Portico knows beside that.

use super::{Invoice, InvoiceStatus, LineItem, billed::shown};
use crate::{InvoiceId, PaymentPreference, Time};
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// An invoice as the team sees it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Invoice")]
pub struct InvoiceView {
    /// Its id.
    pub id: InvoiceId,
    /// Always `invoice`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its number, unique in the workspace.
    pub number: String,
    /// The client's id, or the company's if it is addressed to nobody in it.
    #[schemars(extend("deprecated" = true))]
    pub recipient_id: String,
    /// The client who is billed, or to whom the company's invoice is addressed;
    /// empty for none.
    pub client_id: String,
    /// The company that is billed; empty if the client is.
    pub company_id: String,
    /// How far it is.
    pub status: InvoiceStatus,
    /// For what.
    pub line_items: Vec<LineItemView>,
    /// What is said with it.
    pub memo: String,
    /// The currency's code of ISO 4217, in lower case. All amounts are in its
    /// smallest unit.
    pub currency: String,
    /// The sum of the lines, each rounded by itself.
    pub subtotal: i64,
    /// The tax on the subtotal, in percent.
    pub tax_percentage: Number,
    /// The tax on the subtotal.
    pub tax_amount: i64,
    /// Subtotal and tax.
    pub total: i64,
    /// What was paid of it.
    pub amount_paid: i64,
    /// What is left to pay; 0 when it is void.
    pub amount_due: i64,
    /// When it is due.
    pub due_date: Time,
    /// When it was made: there are no drafts.
    pub sent_date: Time,
    /// When the payment was made that paid the rest of it.
    pub payment_success_date: Option<Time>,
    /// When it was voided.
    pub voided_at: Option<Time>,
    /// Always `sendInvoice`.
    pub collection_method: String,
    /// How the payer may pay elsewhere.
    pub payment_method_preferences: Vec<PaymentPreference>,
    /// Always `manual`.
    pub billing_reason: String,
    /// Always empty: Portico writes no receipts.
    pub receipt_number: String,
    /// Always empty.
    pub receipt_url: String,
    /// Always empty.
    pub file_url: String,
}

/// One line of an invoice.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LineItem")]
pub struct LineItemView {
    /// What is billed.
    pub description: String,
    /// What one of it costs; less than 0 for a credit.
    pub amount: i64,
    /// How many there are, with four decimal places at most.
    pub quantity: Number,
    /// Amount times quantity; half a unit is rounded away from zero.
    pub total: i64,
}

impl From<&LineItem> for LineItemView {
    fn from(line: &LineItem) -> Self {
        Self {
            description: line.description.clone(),
            amount: line.amount,
            quantity: line.quantity.number(),
            total: line.total(),
        }
    }
}

impl Invoice {
    /// The invoice as the team sees it.
    pub fn view(&self) -> InvoiceView {
        InvoiceView {
            id: self.id,
            object: "invoice".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            number: self.number.as_str().to_owned(),
            recipient_id: self.billed_to.recipient(),
            client_id: shown(self.billed_to.client_id),
            company_id: shown(self.billed_to.company_id),
            status: self.status,
            line_items: self.line_items.iter().map(LineItemView::from).collect(),
            memo: self.memo.clone().unwrap_or_default(),
            currency: self.currency.clone(),
            subtotal: self.totals.subtotal,
            tax_percentage: self.tax_percentage.number(),
            tax_amount: self.totals.tax_amount,
            total: self.totals.total,
            amount_paid: self.amount_paid,
            amount_due: self.amount_due(),
            due_date: self.due_date,
            sent_date: self.created_at,
            payment_success_date: self.paid_at,
            voided_at: self.voided_at,
            collection_method: "sendInvoice".to_owned(),
            payment_method_preferences: self.payment_preferences.clone(),
            billing_reason: "manual".to_owned(),
            receipt_number: String::new(),
            receipt_url: String::new(),
            file_url: String::new(),
        }
    }
}
