//! A page of the audit log: at its own path, and at that of the compatible API.

use crate::{Caller, Paging, Parameter, Problem, Request, Response, Route, response::ok};
use portico_app::App;
use portico_domain::{AuditEntry, AuditEntryView, Invalid, Time, audit_types};
use portico_store::AuditFilter;

/// How many values a filter takes: each is compared with every entry read.
const MAX_VALUES: usize = 50;

/// By what the log is filtered.
pub const AUDIT_FILTERS: &[Parameter] = &[
    Parameter::LIMIT,
    Parameter::NEXT_TOKEN,
    Parameter::time("startDate", "Only what happened then or later."),
    Parameter::time("endDate", "Only what happened before then."),
    Parameter::text(
        "eventType",
        "Only what was of one of these types, separated by commas.",
    ),
    Parameter::text(
        "actorId",
        "Only what one of these internal users or clients did, separated by commas.",
    ),
    Parameter::text("objectId", "Only what happened to the thing with this id."),
];

const FILTERS: &[&str] = &["startDate", "endDate", "eventType", "actorId", "objectId"];

/// Answers with a page of entries, each as `show` shows it.
pub async fn audit_page(
    app: &App,
    caller: &Caller,
    request: &Request,
    route: &Route,
    show: fn(&AuditEntry, &[String]) -> AuditEntryView,
) -> Result<Response, Problem> {
    let paging = Paging::read(app, caller, request, route, FILTERS)?;
    let kinds = values(request, "eventType")?;
    let filter = AuditFilter {
        since: time(request, "startDate")?,
        until: time(request, "endDate")?,
        actor_ids: values(request, "actorId")?,
        event_types: kinds.iter().flat_map(|kind| audit_types(kind)).collect(),
        object_id: request.query("objectId").map(ToOwned::to_owned),
    };
    if let (Some(since), Some(until)) = (filter.since, filter.until)
        && since >= until
    {
        let message = "endDate is later than startDate";
        return Err(Invalid::new("endDate", "parameter_invalid", message).into());
    }
    let page = caller
        .store(app)
        .audit_entries(&filter, &paging.request)
        .await?;
    Ok(ok(&paging.answer(app, page, |entry| show(&entry, &kinds))?))
}

fn time(request: &Request, name: &str) -> Result<Option<Time>, Invalid> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            let message = format!("{name} is a time such as 2026-11-21T22:30:00Z");
            Invalid::new(name, "parameter_invalid", message)
        })
    };
    request.query(name).map(parse).transpose()
}

fn values(request: &Request, name: &str) -> Result<Vec<String>, Invalid> {
    let values = request.query_list(name);
    if values.len() > MAX_VALUES {
        let message = format!("{name} has at most {MAX_VALUES} values");
        return Err(Invalid::new(name, "parameter_invalid", message));
    }
    Ok(values)
}
