//! `GET /v1/clients`: clients of the caller's workspace, oldest first; or, for
//! those who may restore and erase them, the archived ones.

use crate::view::view;
use portico_app::{App, Grant};
use portico_domain::{ClientStatus, ClientView, Invalid, Permission};
use portico_store::{CALLS_AT_ONCE, ClientFilter, ClientsBy, Index};
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
    "archived",
    "sort",
];

const SORTS: &[(&str, ClientsBy)] = &[
    ("createdAt", ClientsBy::CreatedAt),
    ("name", ClientsBy::Name),
    ("lastActivityAt", ClientsBy::LastActivityAt),
    ("archivedAt", ClientsBy::ArchivedAt),
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
        Parameter::flag(
            "archived",
            "The archived clients instead, in the order in which they were archived: those that can be restored, or erased for good. Needs the permission `delete_clients`. `email` is compared whatever its case; not together with `search` or `status`.",
        ),
        Parameter::text(
            "sort",
            "`createdAt`, `name` or `lastActivityAt`, of archived clients `archivedAt`; with a hyphen before it (`-createdAt`) from the other end. With `givenName` or `familyName` only `createdAt`.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<ClientView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// Answers with a page of clients.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let text = |name| request.query(name).map(ToOwned::to_owned);
    let is_archived = request.flag("archived")?.unwrap_or(false);
    if is_archived {
        caller.require(Permission::DeleteClients)?;
    }
    let filter = ClientFilter {
        is_archived,
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
    refuse_of_archived(&filter)?;
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

/// Searches and statuses are of clients that are here.
fn refuse_of_archived(filter: &ClientFilter) -> Result<(), Invalid> {
    let field = match (filter.is_archived, &filter.search, filter.status) {
        (true, Some(_), _) => "search",
        (true, None, Some(_)) => "status",
        (true, None, None) | (false, _, _) => return Ok(()),
    };
    let message = format!(
        "archived clients have no {field}; find them by email, givenName, familyName, companyId, tag or accountManagerId"
    );
    Err(Invalid::new(field, "filter_unsupported", message))
}

/// The names of the compatible API are looked up in order of creation, and a
/// search yields the order of its words.
fn refuse_unsortable(filter: &ClientFilter, request: &Request) -> Result<(), Invalid> {
    let is_named = filter.given_name.is_some() || filter.family_name.is_some();
    let is_sorted = request.query("sort").is_some();
    let is_by_archiving = filter.sort.by == ClientsBy::ArchivedAt;
    let message = if filter.is_archived && is_sorted && !is_by_archiving {
        "archived clients are sorted by archivedAt only"
    } else if !filter.is_archived && is_by_archiving {
        "only archived clients are sorted by archivedAt: with archived=true"
    } else if filter.search.is_some() && request.query("sort").is_some() {
        "a search has an order of its own, that of the words it finds: leave sort out"
    } else if is_named && !filter.is_archived && filter.sort.by != ClientsBy::CreatedAt {
        "with givenName or familyName clients are sorted by createdAt only; search finds names too"
    } else {
        return Ok(());
    };
    Err(Invalid::new("sort", "sort_unsupported", message))
}
