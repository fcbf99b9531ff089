//! Invoices and payments as the clients for whom they are see them.

use portico_domain::{
    CompanyId, Invoice, InvoiceId, InvoiceStatus, InvoiceView, LineItemView, Payment, PaymentId,
    PaymentMethod, PaymentStatus, PaymentView, Time,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

/// An invoice of one's own, or of one's company.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnInvoice {
    /// Its id.
    id: InvoiceId,
    /// Always `invoice`.
    object: &'static str,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
    /// Its number.
    number: String,
    /// The company that is billed; null if it is oneself.
    company_id: Option<CompanyId>,
    /// How far it is.
    status: InvoiceStatus,
    /// For what.
    line_items: Vec<LineItemView>,
    /// What is said with it.
    memo: String,
    /// The currency's code of ISO 4217, in lower case. All amounts are in its
    /// smallest unit.
    currency: String,
    /// The sum of the lines.
    subtotal: i64,
    /// The tax on the subtotal, in percent.
    tax_percentage: Number,
    /// The tax on the subtotal.
    tax_amount: i64,
    /// Subtotal and tax.
    total: i64,
    /// What was paid of it.
    amount_paid: i64,
    /// What is left to pay; 0 when it is void.
    amount_due: i64,
    /// When it is due.
    due_date: Time,
    /// When the payment was made that paid the rest of it.
    payment_success_date: Option<Time>,
    /// When it was voided.
    voided_at: Option<Time>,
}

/// An invoice with its payments.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnInvoiceWithPayments {
    /// The invoice.
    #[serde(flatten)]
    invoice: OwnInvoice,
    /// Its payments, newest first, those that failed included.
    payments: Vec<OwnPayment>,
}

/// A payment of such an invoice. What it cost the business is its own affair.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OwnPayment {
    /// Its id.
    id: PaymentId,
    /// Always `payment`.
    object: &'static str,
    /// Whether money came.
    status: PaymentStatus,
    /// How much.
    amount: i64,
    /// How it was paid.
    payment_method: PaymentMethod,
    /// What the card's or account's number ends with; empty if not known.
    last4_digits: String,
    /// The brand of the card; empty if not known.
    brand: String,
    /// Why it failed.
    message: String,
    /// When it was paid, or failed.
    paid_at: Time,
}

impl From<&Invoice> for OwnInvoice {
    fn from(invoice: &Invoice) -> Self {
        let view: InvoiceView = invoice.view();
        Self {
            id: view.id,
            object: "invoice",
            created_at: view.created_at,
            updated_at: view.updated_at,
            number: view.number,
            company_id: invoice.billed_to.company_id,
            status: view.status,
            line_items: view.line_items,
            memo: view.memo,
            currency: view.currency,
            subtotal: view.subtotal,
            tax_percentage: view.tax_percentage,
            tax_amount: view.tax_amount,
            total: view.total,
            amount_paid: view.amount_paid,
            amount_due: view.amount_due,
            due_date: view.due_date,
            payment_success_date: view.payment_success_date,
            voided_at: view.voided_at,
        }
    }
}

impl From<&Payment> for OwnPayment {
    fn from(payment: &Payment) -> Self {
        let view: PaymentView = payment.view();
        Self {
            id: view.id,
            object: "payment",
            status: view.status,
            amount: view.amount,
            payment_method: view.payment_method,
            last4_digits: view.last4_digits,
            brand: view.brand,
            message: view.message,
            paid_at: view.paid_at,
        }
    }
}

impl OwnInvoiceWithPayments {
    pub(crate) fn new(invoice: &Invoice, payments: &[Payment]) -> Self {
        Self {
            invoice: OwnInvoice::from(invoice),
            payments: payments.iter().map(OwnPayment::from).collect(),
        }
    }
}
