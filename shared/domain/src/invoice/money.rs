//! Sums of money, exactly: whole numbers of the smallest unit of a currency,
//! and decimals of four places as whole numbers of ten-thousandths.
//!
//! Each line is rounded by itself, half a unit away from zero, so that a credit
//! takes back what its line billed; the tax is reckoned on the sum of the lines
//! and rounded once.

use crate::Invalid;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// What an invoice can come to at most. A sum of this size is exact in every
/// language that reads JSON numbers as doubles.
pub const MAX_TOTAL: i64 = 99_999_999_999;

/// How many of the smallest steps make 1.
const SCALE: u64 = 10_000;
/// How many decimal places that are.
const PLACES: usize = 4;

/// A number of 0 or more, with four decimal places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decimal(u64);

impl Decimal {
    /// One.
    pub const ONE: Self = Self(SCALE);

    /// Checks the number in `field`. It is read as it was written: the shortest
    /// text of a double of so few digits is what stood in the JSON.
    pub fn parse(field: &str, number: &Number, max: u32) -> Result<Self, Invalid> {
        let refused = || {
            let message =
                format!("{field} is a number from 0 to {max} with {PLACES} decimal places at most");
            Invalid::new(field, "decimal_invalid", message)
        };
        let text = number.to_string();
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let rest = rest.trim_end_matches('0');
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(rest) || rest.len() > PLACES {
            return Err(refused());
        }
        let whole: u64 = whole.parse().map_err(|_| refused())?;
        let rest: u64 = format!("{rest:0<PLACES$}").parse().unwrap_or(0);
        let max = u64::from(max) * SCALE;
        let steps = whole.checked_mul(SCALE).map(|whole| whole + rest);
        let steps = steps.filter(|steps| *steps <= max).ok_or_else(refused)?;
        Ok(Self(steps))
    }

    /// The number as JSON has it.
    pub fn number(self) -> Number {
        let (whole, rest) = (self.0 / SCALE, self.0 % SCALE);
        if rest == 0 {
            return Number::from(whole);
        }
        let text = format!("{whole}.{rest:0PLACES$}");
        text.parse().unwrap_or_else(|_| Number::from(whole))
    }

    /// That many of an amount.
    pub fn times(self, amount: i64) -> i64 {
        rounded(i128::from(amount) * i128::from(self.0), i128::from(SCALE))
    }

    /// So much percent of an amount.
    pub fn percent_of(self, amount: i64) -> i64 {
        let product = i128::from(amount) * i128::from(self.0);
        rounded(product, i128::from(SCALE) * 100)
    }
}

/// What an invoice comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: i64,
    /// The tax on that.
    pub tax_amount: i64,
    /// Both together.
    pub total: i64,
}

impl Totals {
    /// What these lines come to, with so much percent of tax: 0 to
    /// [`MAX_TOTAL`].
    pub fn of(lines: impl IntoIterator<Item = i64>, tax: Decimal) -> Result<Self, Invalid> {
        let subtotal = lines.into_iter().fold(0_i64, i64::saturating_add);
        let refused = |code, message| Err(Invalid::new("lineItems", code, message));
        if subtotal < 0 {
            let message = format!("the lines come to {subtotal}; an invoice is 0 or more");
            return refused("total_negative", message);
        }
        let tax_amount = tax.percent_of(subtotal);
        let total = subtotal.saturating_add(tax_amount);
        if total > MAX_TOTAL {
            let message = format!("the lines come to {total} with tax; the limit is {MAX_TOTAL}");
            return refused("total_too_large", message);
        }
        Ok(Self {
            subtotal,
            tax_amount,
            total,
        })
    }
}

/// The quotient, rounded to the nearest whole number; half of one goes away from
/// zero. No input of ours makes one that an `i64` does not hold.
fn rounded(product: i128, divisor: i128) -> i64 {
    let half = divisor / 2;
    let away = if product < 0 { -half } else { half };
    let quotient = (product + away) / divisor;
    i64::try_from(quotient).unwrap_or(if quotient < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Result<Decimal, Invalid> {
        let number: Number = text.parse().expect("a JSON number");
        Decimal::parse("quantity", &number, 1_000_000)
    }

    #[test]
    fn decimals_are_read_as_they_were_written() {
        for (text, steps) in [
            ("0", 0),
            ("1", 10_000),
            ("1.0", 10_000),
            ("0.1", 1_000),
            ("2.5", 25_000),
            ("0.0001", 1),
            ("1.2300", 12_300),
            ("999999.9999", 9_999_999_999),
            ("1000000", 10_000_000_000),
            ("1e3", 10_000_000),
        ] {
            assert_eq!(decimal(text), Ok(Decimal(steps)), "{text}");
        }
        for text in [
            "-1",
            "-0.5",
            "0.00001",
            "1.00005",
            "1000000.0001",
            "1e7",
            "1e300",
            "0.30000000000000004",
        ] {
            let refused = decimal(text).map_err(|invalid| invalid.code);
            assert_eq!(refused, Err("decimal_invalid"), "{text}");
        }
    }

    #[test]
    fn half_a_unit_goes_away_from_zero_and_less_is_dropped() {
        for (amount, quantity, total) in [
            (1, "0.5", 1),
            (1, "0.4999", 0),
            (-1, "0.5", -1),
            (3, "0.5", 2),
            (333, "0.3333", 111),
            (1_005, "0.1", 101),
            (99_999_999, "1000000", 99_999_999_000_000),
        ] {
            let quantity = decimal(quantity).expect("a decimal");
            assert_eq!(quantity.times(amount), total, "{amount}");
        }
    }

    #[test]
    fn tax_is_reckoned_on_the_sum_of_the_lines() {
        let tax = decimal("7.5").expect("a decimal");

        // By line it would be 1 + 1 + 1.
        let totals = Totals::of([10, 10, 10], tax);

        let wanted = Totals {
            subtotal: 30,
            tax_amount: 2,
            total: 32,
        };
        assert_eq!(totals, Ok(wanted));
        let refused = |lines: &[i64]| Totals::of(lines.iter().copied(), tax).map_err(|no| no.code);
        assert_eq!(refused(&[5, -6]), Err("total_negative"));
        assert_eq!(refused(&[MAX_TOTAL]), Err("total_too_large"));
    }

    proptest! {
        #[test]
        fn a_decimal_is_shown_as_it_was_read(steps in 0..=10_000_000_000_u64) {
            let read = Decimal::parse("quantity", &Decimal(steps).number(), 1_000_000);
            prop_assert_eq!(read, Ok(Decimal(steps)));
        }

        #[test]
        fn a_line_is_right_to_half_a_unit(
            amount in -99_999_999..=99_999_999_i64,
            steps in 0..=10_000_000_000_u64,
        ) {
            let exact = i128::from(amount) * i128::from(steps);
            let shown = i128::from(Decimal(steps).times(amount)) * i128::from(SCALE);
            prop_assert!((exact - shown).abs() * 2 <= i128::from(SCALE));
        }

        #[test]
        fn a_credit_takes_back_what_its_line_billed(
            amount in 0..=99_999_999_i64,
            steps in 0..=10_000_000_000_u64,
        ) {
            let quantity = Decimal(steps);
            prop_assert_eq!(quantity.times(amount), -quantity.times(-amount));
        }

        #[test]
        fn the_total_is_the_lines_and_the_tax(
            lines in prop::collection::vec(-99_999_999..=99_999_999_i64, 1..100),
            steps in 0..=1_000_000_u64,
        ) {
            let sum: i64 = lines.iter().sum();
            match Totals::of(lines, Decimal(steps)) {
                Ok(totals) => {
                    prop_assert_eq!(totals.subtotal, sum);
                    prop_assert_eq!(totals.total, sum + totals.tax_amount);
                    prop_assert!((0..=sum).contains(&totals.tax_amount));
                }
                Err(_) => prop_assert!(sum < 0 || sum.saturating_mul(2) > MAX_TOTAL),
            }
        }
    }
}
