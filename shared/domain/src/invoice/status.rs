//! How far an invoice is, and what cannot be done with it then.

use serde::{Deserialize, Serialize};

/// How far an invoice is. It only goes forward.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceStatus {
    /// Something is to be paid.
    Open,
    /// All of it was paid.
    Paid,
    /// It was not to be paid.
    Void,
}

impl InvoiceStatus {
    /// Every status there is.
    pub const ALL: [Self; 3] = [Self::Open, Self::Paid, Self::Void];

    /// The name that callers see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }

    /// The status with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Why an invoice cannot be changed, voided or paid as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceRefusal {
    /// It is at its end.
    #[error("this invoice is {}, and only an open one is changed, voided or paid", .0.name())]
    NotOpen(InvoiceStatus),
    /// Money came in for it.
    #[error(
        "{0} of this invoice was paid, so it cannot be voided; bill a credit, or record the rest"
    )]
    PaidInPart(i64),
    /// It would be paid more than once.
    #[error("{0} of this invoice is left to pay; a payment is no more than that")]
    TooMuch(i64),
    /// There is room for no more payments.
    #[error(
        "this invoice has {} payments, those that failed included, and takes no more",
        super::MAX_PAYMENTS
    )]
    TooManyPayments,
}
