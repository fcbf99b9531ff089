//! `GET /v1/clients`: clients of the caller's workspace, oldest first.

use crate::view::view;
use portico_app::{App, Grant};
use portico_domain::{ClientStatus, ClientView, Invalid, Permission};
use portico_store::{ClientFilter, ClientsBy, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("clients-list", "/v1/clients")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/client"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
    Grant::query(Index::Gsi4),
];

const FILTERS: &[&str] = &[
    "email",
    "givenName",
    "familyName",
    "companyId",
    "status",
    "tag",
    "accountManagerId",
    "search",
    "sort",
];

const SORTS: &[(&str, ClientsBy)] = &[
    ("createdAt", ClientsBy::CreatedAt),
    ("name", ClientsBy::Name),
    ("lastActivityAt", ClientsBy::LastActivityAt),
];

const OPERATION: Operation = Operation {
    summary: "List clients",
    description: "Oldest first unless `sort` says otherwise. Several filters together all hold; a page can then have fewer clients than `limit` and go on all the same: go on until there is no `nextToken`. A search has its own order, that of the words that it finds. What is searched, sorted by anything but creation, or filtered by status, tag or account manager follows a change within moments.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("email", "Only the client with this e-mail address."),
        Parameter::text("givenName", "Only clients with this given name."),
        Parameter::text("familyName", "Only clients with this family name."),
        Parameter::text("companyId", "Only clients in this company."),
        Parameter::text(
            "status",
            "Only clients who are `notInvited`, `invited` or `active`.",
        ),
        Parameter::text("tag", "Only clients with this tag, whatever its case."),
        Parameter::text("accountManagerId", "Only clients of this account manager."),
        Parameter::text(
            "search",
            "Only clients with words in name, e-mail address or position that begin like each word of this, whatever their case and diacritics. Not together with `sort`.",
        ),
        Parameter::text(
            "sort",
            "`createdAt`, `name` or `lastActivityAt`; with a hyphen before it (`-createdAt`) from the other end. With `givenName` or `familyName` only `createdAt`.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<ClientView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let text = |name| request.query(name).map(ToOwned::to_owned);
    let filter = ClientFilter {
        email: text("email"),
        given_name: text("givenName"),
        family_name: text("familyName"),
        company_id: request.query_id("companyId")?,
        within: caller.companies.clone(),
        status: request.query("status").map(status).transpose()?,
        tag: text("tag"),
        account_manager_id: request.query_id("accountManagerId")?,
        search: request.search()?,
        sort: request.sort(SORTS)?.unwrap_or_default(),
    };
    refuse_unsortable(&filter, &request)?;
    let page = caller.store(app).clients(filter, &paging.request).await?;
    Ok(ok(
        &paging.answer(app, page, |client| view(app, &caller, &client))?
    ))
}

fn status(text: &str) -> Result<ClientStatus, Invalid> {
    let found = ClientStatus::ALL
        .into_iter()
        .find(|status| status.name() == text);
    found.ok_or_else(|| {
        let message = "status is notInvited, invited or active";
        Invalid::new("status", "parameter_invalid", message)
    })
}

/// The names of the compatible API are looked up in order of creation, and a
/// search yields the order of its words.
fn refuse_unsortable(filter: &ClientFilter, request: &Request) -> Result<(), Invalid> {
    let is_named = filter.given_name.is_some() || filter.family_name.is_some();
    let message = if filter.search.is_some() && request.query("sort").is_some() {
        "a search has an order of its own, that of the words it finds: leave sort out"
    } else if is_named && filter.sort.by != ClientsBy::CreatedAt {
        "with givenName or familyName clients are sorted by createdAt only; search finds names too"
    } else {
        return Ok(());
    };
    Err(Invalid::new("sort", "sort_unsupported", message))
}
