//! The fields of a webhook endpoint as callers write them.

use portico_app::App;
use portico_domain::{EventFilter, Invalid, text};
use portico_web::Problem;

/// More filters than there are event types would only repeat some.
const MAX_FILTERS: usize = 100;

/// Where events go, if that is allowed.
pub(crate) fn url(app: &App, text: &str) -> Result<String, Problem> {
    Ok(app.sender.vet(text)?.into())
}

/// Which events go there.
pub(crate) fn filters(given: &[String]) -> Result<Vec<EventFilter>, Invalid> {
    if given.is_empty() || given.len() > MAX_FILTERS {
        let message = format!("eventTypes has 1 to {MAX_FILTERS} entries");
        return Err(Invalid::new("eventTypes", "event_types_invalid", message));
    }
    let parse =
        |(place, text): (usize, &String)| EventFilter::parse(&format!("eventTypes[{place}]"), text);
    given.iter().enumerate().map(parse).collect()
}

/// What it is for.
pub(crate) fn description(given: &str) -> Result<String, Invalid> {
    text::line("description", given, 0, 500)
}
