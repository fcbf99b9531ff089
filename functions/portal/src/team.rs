//! `GET /portal/team`: the other clients of a company of mine.

use portico_app::{App, Grant};
use portico_domain::{Client, ClientId, ClientStatus, Companies, CompanyId, Invalid, Time};
use portico_store::{ClientFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit_client, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-team", "/portal/team").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List colleagues",
    description: "The other clients of one of the own companies: the primary one unless another is named. Nobody while companies are turned off.",
    query: &[
        Parameter::text("companyId", "One of the own companies."),
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
    ],
    body: None,
    answer: Body::Json(schema::<ListView<Colleague>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A client as others of the same company see it: who it is, and nothing that
/// is between it and the business.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Colleague {
    /// Its id.
    id: ClientId,
    /// Always `colleague`.
    object: &'static str,
    /// First name.
    given_name: String,
    /// Last name.
    family_name: String,
    /// Both names.
    name: String,
    /// Job title or role.
    position: Option<String>,
    /// Its picture; null when there is none.
    avatar_image_url: Option<String>,
    /// The colour behind its initials.
    fallback_color: String,
    /// How far it is on its way in: whoever is not invited any more can be
    /// invited again.
    status: ClientStatus,
}

/// Lists colleagues.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    let company = request
        .query_id::<CompanyId>("companyId")?
        .unwrap_or_else(|| me.primary_company());
    if !me.memberships().any(|own| own == company) {
        let message = format!("you are in no company {company}");
        return Err(Invalid::new("companyId", "company_unknown", message).into());
    }
    let context = format!("{} {} {company}", me.workspace_id, ROUTE.name);
    let paging = Paging::within(app, &request, context)?;
    let filter = ClientFilter {
        company_id: Some(company),
        ..ClientFilter::default()
    };
    let workspace = app.store.workspace(me.workspace_id);
    // Who is served alone is not shown to others.
    if workspace.get().await?.companies == Companies::Off {
        return Ok(ok(&ListView::<Colleague>::complete(Vec::new())));
    }
    let mut page = workspace.clients(filter, &paging.request).await?;
    page.items.retain(|client| client.id != me.id);
    Ok(ok(&paging.answer(app, page, |client| {
        colleague(&client, app.now())
    })?))
}

fn colleague(client: &Client, now: Time) -> Colleague {
    Colleague {
        id: client.id,
        object: "colleague",
        given_name: client.name.given_name.clone(),
        family_name: client.name.family_name.clone(),
        name: client.name.full(),
        position: client.position.clone(),
        avatar_image_url: client.avatar_url(),
        fallback_color: client.fallback_color.clone(),
        status: client.status(now),
    }
}
