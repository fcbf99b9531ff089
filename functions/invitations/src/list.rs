//! `GET /v1/invitations`: invitations of the caller's workspace, newest first.

use crate::view;
use portico_app::{App, Grant};
use portico_domain::{
    ClientId, DeliveryState, Invalid, InvitationStatus, InvitationView, Permission,
};
use portico_store::{Index, InvitationFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};
use std::collections::BTreeSet;

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("invitations-list", "/v1/invitations").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
    Grant::query(Index::Gsi4),
];

const OPERATION: Operation = Operation {
    summary: "List invitations",
    description: "Newest first; several filters together all hold.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "status",
            "Only invitations that are `pending`, `accepted`, `expired` or `cancelled`.",
        ),
        Parameter::text(
            "email",
            "Only invitations to this e-mail address, in any case.",
        ),
        Parameter::text("clientId", "Only invitations of this client."),
        Parameter::text(
            "deliveryState",
            "Only invitations whose latest mail is `notSent`, `queued`, `sent`, `delivered`, `deferred`, `bounced`, `complained`, `suppressed` or `failed`.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<InvitationView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

const FILTERS: &[&str] = &["status", "email", "clientId", "deliveryState"];

/// Answers with a page of invitations.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let filter = InvitationFilter {
        status: request.query("status").map(status).transpose()?,
        email: request.query("email").map(ToOwned::to_owned),
        client_id: request.query_id("clientId")?,
        delivery: request.query("deliveryState").map(delivery).transpose()?,
    };
    let workspace = caller.store(app);
    let mut page = workspace.invitations(filter, &paging.request).await?;
    if caller.companies.is_limited() {
        let ids = page.items.iter().map(|invitation| invitation.client_id);
        let ids: BTreeSet<ClientId> = ids.collect();
        let clients = workspace.clients_by_id(&Vec::from_iter(ids)).await?;
        let seen = clients.iter().filter(|client| caller.sees(client));
        let seen: BTreeSet<ClientId> = seen.map(|client| client.id).collect();
        page.items
            .retain(|invitation| seen.contains(&invitation.client_id));
    }
    Ok(ok(&paging.answer(app, page, |invitation| {
        view(app, &caller, &invitation)
    })?))
}

fn status(text: &str) -> Result<InvitationStatus, Invalid> {
    let message = "status is pending, accepted, expired or cancelled";
    let found = InvitationStatus::ALL
        .into_iter()
        .find(|status| status.name() == text);
    found.ok_or_else(|| Invalid::new("status", "parameter_invalid", message))
}

fn delivery(text: &str) -> Result<DeliveryState, Invalid> {
    let found = DeliveryState::ALL
        .into_iter()
        .find(|state| state.name() == text);
    found.ok_or_else(|| {
        let names = DeliveryState::ALL.map(DeliveryState::name).join(", ");
        let message = format!("deliveryState is one of {names}");
        Invalid::new("deliveryState", "parameter_invalid", message)
    })
}
