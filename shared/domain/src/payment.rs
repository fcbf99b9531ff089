//! Payments, as records: money that came some other way, or did not come.
//!
//! A payment is of one invoice and is written together with it, so that what is
//! paid of an invoice is always the sum of its payments.

mod draft;
mod view;

pub use draft::{PaymentDraft, PaymentFields};
pub use view::PaymentView;

use crate::{
    Change, ClientId, CompanyId, EventType, Invalid, Invoice, InvoiceId, PaymentId, Revision, Time,
    Told, WorkspaceId, event::Recorder,
};
use serde::{Deserialize, Serialize};

/// A payment as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The workspace that was paid.
    pub workspace_id: WorkspaceId,
    /// Of which invoice.
    pub invoice_id: InvoiceId,
    /// The client of that invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The company of that invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// Whether money came.
    pub status: PaymentStatus,
    /// How much, in the smallest unit of the currency.
    pub amount: i64,
    /// In which currency: that of the invoice.
    pub currency: String,
    /// How it was paid.
    pub payment_method: PaymentMethod,
    /// What the card's or account's number ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4_digits: Option<String>,
    /// The brand of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Why it failed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it failed, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// What it cost to be paid.
    #[serde(default)]
    pub fee_amount: FeeAmount,
    /// When it was paid, or failed.
    pub paid_at: Time,
    /// When it was recorded.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// Whether money came.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum PaymentStatus {
    /// It did.
    #[default]
    Succeeded,
    /// It did not.
    Failed,
}

/// How something was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PaymentMethod {
    /// By card.
    CreditCard,
    /// From a bank account.
    BankAccount,
    /// In another way, such as in cash.
    Other,
}

/// How an invoice can be paid online, where somebody takes such payments.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum OnlineMethod {
    /// By card.
    CreditCard,
    /// From a bank account.
    BankAccount,
}

/// That an invoice can be paid in this way. Portico keeps it for whoever takes
/// the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentPreference {
    /// How.
    #[serde(rename = "type")]
    pub method: OnlineMethod,
    /// Whether the client pays what that costs.
    pub fee_paid_by_client: bool,
}

/// What a payment cost to be made, in the smallest unit of the currency.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FeeAmount {
    /// What the business bore.
    pub paid_by_platform: i64,
    /// What the client bore.
    pub paid_by_client: i64,
}

impl PaymentPreference {
    /// Checks that each way is named once.
    pub fn check(preferences: &[Self]) -> Result<(), Invalid> {
        for (place, one) in preferences.iter().enumerate() {
            if preferences[..place]
                .iter()
                .any(|before| before.method == one.method)
            {
                let field = format!("paymentMethodPreferences[{place}].type");
                let message = "each payment method is named once";
                return Err(Invalid::new(&field, "payment_method_repeated", message));
            }
        }
        Ok(())
    }
}

impl Payment {
    /// Records what the draft says of a payment of this invoice.
    pub(crate) fn record(change: &mut Change<'_>, invoice: &Invoice, draft: PaymentDraft) -> Self {
        let now = change.moment.now;
        let mut payment = Self {
            id: change.moment.id(),
            workspace_id: invoice.workspace_id,
            invoice_id: invoice.id,
            client_id: invoice.billed_to.client_id,
            company_id: invoice.billed_to.company_id,
            status: draft.status,
            amount: draft.amount,
            currency: invoice.currency.clone(),
            payment_method: draft.payment_method,
            last4_digits: draft.last4_digits,
            brand: draft.brand,
            message: draft.message,
            decline_code: draft.decline_code,
            fee_amount: draft.fee_amount,
            paid_at: draft.paid_at,
            created_at: now,
            updated_at: now,
            told: Told::default(),
            version: 0,
        };
        let kind = match payment.status {
            PaymentStatus::Succeeded => EventType::PaymentSucceeded,
            PaymentStatus::Failed => EventType::PaymentFailed,
        };
        let (moment, view) = (change.moment, payment.view());
        let mut recorder = Recorder::new(
            &moment,
            payment.workspace_id,
            payment.id.uuid(),
            &mut payment.told,
        );
        change.events.push(recorder.record(kind, &view));
        payment.save(change, None)
    }

    /// Erases what is personal in it: whose card it was, and what was said.
    pub(crate) fn erase(&self, change: &mut Change<'_>) {
        if self.last4_digits.is_none() && self.message.is_none() {
            return;
        }
        let mut after = self.clone();
        after.last4_digits = None;
        after.message = None;
        after.save(change, Some(self));
    }

    fn save(mut self, change: &mut Change<'_>, before: Option<&Self>) -> Self {
        self.version += 1;
        change.payments.push(Revision {
            before: before.cloned(),
            after: self.clone(),
        });
        self
    }
}
