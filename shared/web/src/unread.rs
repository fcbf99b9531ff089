//! Query parameters that nobody reads.
//!
//! A list whose filter is misspelt, or empty because a variable was not set, is
//! a list of everything, and looks like the answer. So both are refused, where
//! only programs for Portico ask. The routes of the compatible API pass over
//! what they do not know, as that does; its programs send empty parameters with
//! every list.

use crate::{Parameter, Problem, Request, Route};
use portico_domain::{Invalid, meant};

/// What the paths of our own lists begin with, after `/v1/`.
const OURS: [&str; 7] = [
    "access-review",
    "audit-log",
    "event-types",
    "events",
    "webhook-deliveries",
    "webhook-endpoints",
    "webhook-recoveries",
];

/// These may be empty: the first page has no token, and every limit is fine.
const EMPTY: [&str; 2] = [Parameter::LIMIT.name, Parameter::NEXT_TOKEN.name];

/// The list at this path is that of the audit log for programs for the
/// compatible API, which are known by these.
const SHARED: (&str, [&str; 3]) = ("/v1/events", ["startDate", "endDate", "actorId"]);

/// Refuses a parameter that nobody would read, and one that is empty.
pub(crate) fn refuse_unread(request: &Request, route: &Route) -> Result<(), Problem> {
    let resource = route.path.split('/').nth(2);
    if !resource.is_some_and(|resource| OURS.contains(&resource)) {
        return Ok(());
    }
    let known = request
        .operation
        .query
        .iter()
        .map(|parameter| parameter.name);
    let is_shared = route.path == SHARED.0 && request.names_any(&SHARED.1);
    for (name, value) in request.parameters() {
        // That has been looked at, whatever case it is in.
        if name.eq_ignore_ascii_case(Parameter::DRY_RUN.name) {
            continue;
        }
        if !known.clone().any(|known| known == name) {
            return Err(unknown(name, route, known).into());
        }
        if value.is_empty() && !is_shared && !EMPTY.contains(&name) {
            let message = format!("{name} is empty; give it a value, or leave it out");
            return Err(Invalid::new(name, "parameter_invalid", message).into());
        }
    }
    Ok(())
}

fn unknown<'a>(name: &str, route: &Route, known: impl Iterator<Item = &'a str> + Clone) -> Invalid {
    let shown: String = name.chars().take(100).collect();
    let instead = match meant(name, known.clone()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => match known.collect::<Vec<_>>()[..] {
            [] => format!("{route} takes none"),
            ref known => format!("{route} takes {}", known.join(", ")),
        },
    };
    let message = format!("there is no parameter {shown:?}; {instead}");
    Invalid::new(&shown, "parameter_unknown", message)
}
