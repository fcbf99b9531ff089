//! Numbers of invoices: given by the caller, or counted.

use crate::{
    Change, Invalid,
    text::{folded, line},
};
use serde::{Deserialize, Serialize};

/// What a counted number begins with.
const PREFIX: &str = "INV-";
/// How many digits a given number can have behind that: what is counted on from
/// there has to be a number too.
const MAX_DIGITS: usize = 9;

/// The number of an invoice: unique in its workspace among what looks alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvoiceNumber(String);

impl InvoiceNumber {
    /// Checks the text in `number`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let number = Self(line("number", text, 1, 40)?);
        let digits = number.digits().map_or(0, |digits| digits.len());
        if digits > MAX_DIGITS {
            let message = format!(
                "number has {digits} digits behind {PREFIX}, from where Portico counts on; there are {MAX_DIGITS} at most"
            );
            return Err(Invalid::new("number", "text_too_long", message));
        }
        Ok(number)
    }

    /// The number with this count: `INV-0001` is the first.
    pub fn counted(count: u64) -> Self {
        Self(format!("{PREFIX}{count:04}"))
    }

    /// The number as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared: numbers that look alike are one.
    pub fn key(&self) -> String {
        folded(&self.0)
    }

    /// Its count, if it looks like one that is counted.
    pub fn count(&self) -> Option<u64> {
        self.digits()?.parse().ok()
    }

    /// Has the workspace count on from here, if it had not come as far: so the
    /// number that is counted next is always free.
    pub(super) fn count_on(&self, change: &mut Change<'_>, numbered: u64) {
        if let Some(count) = self.count().filter(|count| *count > numbered) {
            change.invoices_numbered = Some((numbered, count));
        }
    }

    fn digits(&self) -> Option<String> {
        let key = self.key();
        let digits = key.strip_prefix(&PREFIX.to_lowercase())?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.to_owned())
    }
}
