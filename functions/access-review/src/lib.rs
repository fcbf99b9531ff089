//! The functions behind `/v1/access-review`: who and what could get in and has
//! not for long.

pub mod clients;
pub mod internal_users;
pub mod invitations;
pub mod keys;

use portico_domain::{Invalid, Time};
use portico_web::{Function, Parameter, Request};
use std::time::Duration;

/// Every function of this resource.
pub const FUNCTIONS: &[Function] = &[
    clients::FUNCTION,
    keys::FUNCTION,
    invitations::FUNCTION,
    internal_users::FUNCTION,
];

const DAYS: Parameter = Parameter {
    name: "days",
    description: "For how many days nothing has happened: 1 to 365, 90 unless given.",
    kind: "integer",
    format: None,
};

/// What happened before this is long ago.
fn long_ago(request: &Request, now: Time) -> Result<Time, Invalid> {
    let days = match request.query("days") {
        None => 90,
        Some(text) => text
            .parse()
            .ok()
            .filter(|days| (1..=365).contains(days))
            .ok_or_else(|| {
                let message = "days is a number from 1 to 365";
                Invalid::new("days", "parameter_invalid", message)
            })?,
    };
    Ok(now - Duration::from_hours(24 * days))
}
