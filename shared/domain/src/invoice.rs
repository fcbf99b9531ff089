//! Invoices, as records: what a company or a client was billed, and how much of
//! it is paid. No money moves here.
//!
//! An invoice is whole from the moment that it is there: there is no draft, and
//! nothing is deleted. What was wrong is voided and billed anew, so that its
//! number tells for ever what became of it. Lines and sums never change.

mod billed;
mod draft;
mod money;
mod number;
mod status;
mod view;

pub use billed::BilledTo;
pub(crate) use billed::shown;
pub use draft::{InvoiceDraft, InvoicePatch, LineDraft, MAX_LINES, due_date, parse_currency};
pub use money::{Decimal, MAX_TOTAL, Totals};
pub use number::InvoiceNumber;
pub use status::{InvoiceRefusal, InvoiceStatus};
pub use view::{InvoiceView, LineItemView};

use crate::{
    Change, ClientId, CompanyAccess, CompanyId, EventType, InvoiceId, Payment, PaymentDraft,
    PaymentPreference, PaymentStatus, Revision, Time, Told, WorkspaceId, event::Recorder,
};
use serde::{Deserialize, Serialize};

/// How many payments an invoice has at most, those that failed included: all of
/// them are erased in one transaction, which has 100 actions.
pub const MAX_PAYMENTS: usize = 50;

/// An invoice as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// The workspace that bills.
    pub workspace_id: WorkspaceId,
    /// Its number, unique in the workspace.
    pub number: InvoiceNumber,
    /// Who is billed.
    #[serde(flatten)]
    pub billed_to: BilledTo,
    /// For what.
    pub line_items: Vec<LineItem>,
    /// What is said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// In which currency, by its code in lower case.
    pub currency: String,
    /// The tax on the sum of the lines, in percent.
    pub tax_percentage: Decimal,
    /// What it comes to. Kept, so that no later rule changes it.
    #[serde(flatten)]
    pub totals: Totals,
    /// How much of it is paid.
    pub amount_paid: i64,
    /// How far it is.
    pub status: InvoiceStatus,
    /// When it is due.
    pub due_date: Time,
    /// How the payer may pay elsewhere.
    #[serde(default)]
    pub payment_preferences: Vec<PaymentPreference>,
    /// How many payments were recorded, those that failed included.
    pub payment_count: usize,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When the payment was made that paid the rest of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Time>,
    /// When it was voided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_at: Option<Time>,
    /// When what is personal in it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Time>,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// What is billed.
    pub description: String,
    /// What one of it costs, in the smallest unit of the currency; less than 0
    /// for a credit.
    pub amount: i64,
    /// How many there are.
    pub quantity: Decimal,
}

impl LineItem {
    /// What the line comes to.
    pub fn total(&self) -> i64 {
        self.quantity.times(self.amount)
    }
}

impl Invoice {
    /// Bills what the draft says. `numbered` is how far numbers have been
    /// counted in the workspace; the change counts on, unless the draft brings a
    /// number that lies behind.
    pub fn create(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        billed_to: BilledTo,
        draft: InvoiceDraft,
        numbered: u64,
    ) -> Self {
        let now = change.moment.now;
        let number = draft
            .number
            .unwrap_or_else(|| InvoiceNumber::counted(numbered + 1));
        number.count_on(change, numbered);
        let mut invoice = Self {
            id: change.moment.id(),
            workspace_id,
            number,
            billed_to,
            line_items: draft.line_items,
            memo: draft.memo,
            currency: draft.currency,
            tax_percentage: draft.tax_percentage,
            totals: draft.totals,
            amount_paid: 0,
            status: InvoiceStatus::Open,
            due_date: draft.due_date,
            payment_preferences: draft.payment_preferences,
            payment_count: 0,
            created_at: now,
            updated_at: now,
            paid_at: None,
            voided_at: None,
            erased_at: None,
            told: Told::default(),
            version: 0,
        };
        invoice.record(change, EventType::InvoiceCreated, None);
        if invoice.totals.total == 0 {
            let before = invoice.clone();
            invoice.settle(now);
            invoice.record(change, EventType::InvoicePaid, Some(&before));
        }
        invoice.save(change, None)
    }

    /// What is still to be paid; nothing of one that was voided.
    pub const fn amount_due(&self) -> i64 {
        match self.status {
            InvoiceStatus::Open | InvoiceStatus::Paid => self.totals.total - self.amount_paid,
            InvoiceStatus::Void => 0,
        }
    }

    /// Whether somebody who is limited to these companies sees it: it is billed
    /// to one of them.
    pub fn is_within(&self, access: &CompanyAccess) -> bool {
        let company = self.billed_to.company_id;
        !access.is_limited() || company.is_some_and(|id| access.covers(id))
    }

    /// Whether a client with these ids, in these companies, sees it: it is
    /// billed to the client itself or to one of them.
    pub fn is_for(&self, client_ids: &[ClientId], company_ids: &[CompanyId]) -> bool {
        match (self.billed_to.company_id, self.billed_to.client_id) {
            (Some(company), _) => company_ids.contains(&company),
            (None, Some(client)) => client_ids.contains(&client),
            (None, None) => false,
        }
    }

    /// Changes what the patch names, while it is open. Nothing is told if
    /// nothing changed.
    pub fn update(
        &self,
        change: &mut Change<'_>,
        patch: InvoicePatch,
        numbered: u64,
    ) -> Result<Self, InvoiceRefusal> {
        let mut after = self.clone();
        if let Some(number) = patch.number {
            after.number = number;
        }
        if let Some(memo) = patch.memo {
            after.memo = Some(memo).filter(|memo| !memo.is_empty());
        }
        if let Some(due_date) = patch.due_date {
            after.due_date = due_date;
        }
        if after == *self {
            return Ok(after);
        }
        self.refuse_closed()?;
        if after.number != self.number {
            after.number.count_on(change, numbered);
        }
        after.updated_at = change.moment.now;
        after.record(change, EventType::InvoiceUpdated, Some(self));
        Ok(after.save(change, Some(self)))
    }

    /// Voids it: it was not to be paid. One that is void already stays so.
    pub fn void(&self, change: &mut Change<'_>) -> Result<Self, InvoiceRefusal> {
        if self.status == InvoiceStatus::Void {
            return Ok(self.clone());
        }
        self.refuse_closed()?;
        if self.amount_paid > 0 {
            return Err(InvoiceRefusal::PaidInPart(self.amount_paid));
        }
        let now = change.moment.now;
        let mut after = self.clone();
        after.status = InvoiceStatus::Void;
        after.voided_at = Some(now);
        after.updated_at = now;
        after.record(change, EventType::InvoiceVoided, Some(self));
        Ok(after.save(change, Some(self)))
    }

    /// Records a payment of it, or that one failed. What is paid is never more
    /// than what it comes to.
    pub fn pay(
        &self,
        change: &mut Change<'_>,
        draft: PaymentDraft,
    ) -> Result<(Self, Payment), InvoiceRefusal> {
        self.refuse_closed()?;
        if draft.amount > self.amount_due() {
            return Err(InvoiceRefusal::TooMuch(self.amount_due()));
        }
        if self.payment_count >= MAX_PAYMENTS {
            return Err(InvoiceRefusal::TooManyPayments);
        }
        let payment = Payment::record(change, self, draft);
        let mut after = self.clone();
        after.payment_count += 1;
        if payment.status == PaymentStatus::Succeeded {
            after.amount_paid += payment.amount;
            after.updated_at = change.moment.now;
            let kind = if after.amount_due() == 0 {
                after.settle(payment.paid_at);
                EventType::InvoicePaid
            } else {
                EventType::InvoiceUpdated
            };
            after.record(change, kind, Some(self));
        }
        Ok((after.save(change, Some(self)), payment))
    }

    /// Erases what is personal in it and its payments. Books are kept by law:
    /// lines, amounts, numbers and dates stay, and so does what is still due.
    pub fn erase(&self, change: &mut Change<'_>, payments: &[Payment]) {
        let mut after = self.clone();
        after.memo = None;
        after.erased_at = Some(change.moment.now);
        after.save(change, Some(self));
        for payment in payments {
            payment.erase(change);
        }
    }

    fn settle(&mut self, at: Time) {
        self.status = InvoiceStatus::Paid;
        self.paid_at = Some(at);
    }

    const fn refuse_closed(&self) -> Result<(), InvoiceRefusal> {
        match self.status {
            InvoiceStatus::Open => Ok(()),
            InvoiceStatus::Paid | InvoiceStatus::Void => Err(InvoiceRefusal::NotOpen(self.status)),
        }
    }

    fn save(mut self, change: &mut Change<'_>, before: Option<&Self>) -> Self {
        self.version += 1;
        change.invoices.push(Revision {
            before: before.cloned(),
            after: self.clone(),
        });
        self
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType, before: Option<&Self>) {
        let (moment, view) = (change.moment, self.view());
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, &before.view(), &view),
        };
        change.events.push(event);
    }
}

#[cfg(test)]
mod tests;
