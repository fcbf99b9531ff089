//! An invoice as callers write it, in the shape of the compatible API.

use crate::billed::Named;
use portico_domain::{
    Invalid, InvoiceDraft, InvoiceNumber, LineDraft, PaymentPreference, Time, due_date,
    parse_currency,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Number;

/// What is billed, and to whom.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct NewInvoice {
    /// The client who is billed, or to whom the company's invoice is addressed.
    client_id: Option<String>,
    /// The company that is billed. Needed for a client of several companies.
    company_id: Option<String>,
    /// A client or a company, where neither of the two is given.
    #[schemars(extend("deprecated" = true))]
    recipient_id: Option<String>,
    /// Its number, in 40 characters at most, unique in the workspace; counted
    /// (`INV-0001`, …) unless given.
    number: Option<String>,
    /// 1 to 100 lines.
    line_items: Option<Vec<NewLine>>,
    /// What is said with it, in 2 000 characters at most.
    memo: Option<String>,
    /// In how many days from now it is due, 0 to 365.
    days_until_due: Option<u64>,
    /// When it is due, instead of `daysUntilDue`.
    due_date: Option<Time>,
    /// The tax on the sum of the lines, 0 to 100 percent, with four decimal
    /// places at most.
    #[schemars(range(min = 0, max = 100))]
    tax_percentage: Option<Number>,
    /// A code of ISO 4217; `usd` unless given.
    currency: Option<String>,
    /// How the payer may pay elsewhere; each way once.
    payment_method_preferences: Option<Vec<PaymentPreference>>,
    /// There are no templates yet; refused.
    template_id: Option<String>,
}

/// One line.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewLine {
    /// What is billed, in 500 characters at most.
    description: Option<String>,
    /// What one of it costs, in the smallest unit of the currency: -99 999 999
    /// to 99 999 999, less than 0 for a credit.
    amount: Option<i64>,
    /// How many there are, 0 to 1 000 000 with four decimal places at most; one
    /// unless given.
    #[schemars(range(min = 0, max = 1_000_000))]
    quantity: Option<Number>,
    /// There are no prices yet; refused.
    price_id: Option<String>,
    /// There are no products yet; refused.
    product_id: Option<String>,
}

impl NewInvoice {
    /// What is billed, checked.
    pub(crate) fn draft(&self, now: Time) -> Result<InvoiceDraft, Invalid> {
        self.refuse_catalogue()?;
        let due = due_date(self.days_until_due, self.due_date, now)?;
        let lines: Vec<LineDraft> = self.lines().iter().map(LineDraft::from).collect();
        let memo = InvoiceDraft::parse_memo(self.memo.as_deref().unwrap_or_default())?;
        let preferences = self.payment_method_preferences.clone().unwrap_or_default();
        PaymentPreference::check(&preferences)?;
        let mut draft = InvoiceDraft::new(&lines, self.tax_percentage.as_ref(), due)?;
        if let Some(currency) = &self.currency {
            draft.currency = parse_currency(currency)?;
        }
        let number = self.number.as_deref().map(InvoiceNumber::parse);
        draft.number = number.transpose()?;
        draft.memo = Some(memo).filter(|memo| !memo.is_empty());
        draft.payment_preferences = preferences;
        Ok(draft)
    }

    /// Who is billed, as it was written.
    pub(crate) fn named(&self) -> Named<'_> {
        Named {
            client: text(self.client_id.as_deref()),
            company: text(self.company_id.as_deref()),
            recipient: text(self.recipient_id.as_deref()),
        }
    }

    fn lines(&self) -> &[NewLine] {
        self.line_items.as_deref().unwrap_or_default()
    }

    /// Refuses what only a catalogue of products, prices and templates can fill
    /// in, so that nobody takes it that something was billed which was not.
    fn refuse_catalogue(&self) -> Result<(), Invalid> {
        let refuse = |field: &str, id: Option<&str>, instead: &str| {
            if text(id).is_empty() {
                return Ok(());
            }
            let message = format!("there is no catalogue to look this up in yet; give {instead}");
            Err(Invalid::new(field, "catalogue_missing", message))
        };
        let own = "lineItems, memo and taxPercentage";
        refuse("templateId", self.template_id.as_deref(), own)?;
        for (place, line) in self.lines().iter().enumerate() {
            for (name, id) in [("priceId", &line.price_id), ("productId", &line.product_id)] {
                let field = format!("lineItems[{place}].{name}");
                refuse(&field, id.as_deref(), "description and amount")?;
            }
        }
        Ok(())
    }
}

impl From<&NewLine> for LineDraft {
    fn from(line: &NewLine) -> Self {
        Self {
            description: line.description.clone().unwrap_or_default(),
            amount: line.amount,
            quantity: line.quantity.clone(),
        }
    }
}

fn text(given: Option<&str>) -> &str {
    given.unwrap_or_default().trim()
}
