//! `POST /v1/clients/batch`: adds up to 100 clients, each by itself.

use crate::{
    create::{SEND_INVITE, add},
    fields::ClientFields,
};
use portico_app::{App, Grant};
use portico_domain::{ClientView, Permission};
use portico_store::Index;
use portico_web::{
    BatchView, Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit,
    batch, body, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("clients-batch", "/v1/clients/batch").needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi2),
    Grant::PUT,
    Grant::UPDATE,
    Grant::CHECK,
];

const OPERATION: Operation = Operation {
    summary: "Add many clients",
    description: "Up to 100, each by itself: one that is refused does not keep the others from being added. The answer says what became of each, in the order of the request. With an `Idempotency-Key`, a request that was cut off goes on where it stopped when it is sent again.",
    query: &[SEND_INVITE, Parameter::DRY_RUN],
    body: Some(schema::<NewClients>),
    answer: Body::Json(schema::<BatchView<ClientView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// The clients to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewClients {
    /// 1 to 100 of them.
    #[schemars(with = "Vec<ClientFields>", length(min = 1, max = 100))]
    clients: Option<Vec<Value>>,
}

/// Adds clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let invite = request.flag("sendInvite")?.unwrap_or(false);
    let NewClients { clients } = body(&request)?;
    batch(app, &caller, "clients", clients, async |caller, fields| {
        Box::pin(add(app, &caller, fields, invite)).await
    })
    .await
}
