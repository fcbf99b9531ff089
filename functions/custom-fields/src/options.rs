//! `GET /v1/custom-fields/{id}/options`: what can be chosen in a field.

use crate::find;
use portico_app::{App, Grant};
use portico_domain::{FieldOptionView, Permission};
use portico_web::{
    Body, Function, ListView, Operation, Parameter, Problem, Request, Response, Route, admit, ok,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("custom-fields-options", "/v1/custom-fields/{id}/options")
    .needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "List the options of a custom field",
    description: "All of them, in order; a field that is no `multiSelect` has none.",
    query: &[Parameter::text(
        "label",
        "Only the option with this label, exactly as it is written.",
    )],
    body: None,
    answer: Body::Json(schema::<ListView<FieldOptionView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the options.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("custom field")?;
    let set = find(&caller.store(app), id).await?;
    let label = request.query("label");
    let options = set
        .find(id)
        .into_iter()
        .flat_map(|(_, field)| &field.options);
    let wanted = options.filter(|option| label.is_none_or(|label| option.label == label));
    Ok(ok(&ListView::complete(
        wanted.map(FieldOptionView::from).collect(),
    )))
}
