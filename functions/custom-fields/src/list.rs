//! `GET /v1/custom-fields`: the fields that clients and companies can have.

use portico_app::{App, Grant};
use portico_domain::{CustomFieldView, FieldEntity, Invalid, Permission};
use portico_web::{
    Body, Function, ListView, Operation, Parameter, Problem, Request, Response, Route, admit, ok,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("custom-fields-list", "/v1/custom-fields").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "List custom fields",
    description: "All of them, in order: those of clients first.",
    query: &[Parameter::text(
        "entityType",
        "Only fields of this: `client` or `company`.",
    )],
    body: None,
    answer: Body::Json(schema::<ListView<CustomFieldView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the fields.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let entity = request.query("entityType").map(entity).transpose()?;
    let sets = caller.store(app).field_sets().await?;
    let wanted = sets
        .iter()
        .filter(|set| entity.is_none_or(|entity| set.entity == entity));
    Ok(ok(&ListView::complete(
        wanted.flat_map(CustomFieldView::all).collect(),
    )))
}

fn entity(name: &str) -> Result<FieldEntity, Invalid> {
    let mut all = FieldEntity::ALL.into_iter();
    all.find(|entity| entity.name() == name).ok_or_else(|| {
        let message = "entityType is client or company";
        Invalid::new("entityType", "parameter_invalid", message)
    })
}
