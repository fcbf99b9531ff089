//! `GET /v1/companies`: companies of the caller's workspace, oldest first.

use portico_app::{App, Grant};
use portico_domain::{CompanyView, Invalid, Permission};
use portico_store::{CompaniesBy, CompanyFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("companies-list", "/v1/companies")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/company"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
];

const FILTERS: &[&str] = &[
    "name",
    "isPlaceholder",
    "isActive",
    "tag",
    "accountManagerId",
    "search",
    "sort",
];

const SORTS: &[(&str, CompaniesBy)] = &[
    ("createdAt", CompaniesBy::CreatedAt),
    ("name", CompaniesBy::Name),
    ("clientCount", CompaniesBy::ClientCount),
];

const OPERATION: Operation = Operation {
    summary: "List companies",
    description: "Oldest first unless `sort` says otherwise. Placeholder companies, one for each client without a company, are among them unless `isPlaceholder=false`; a list that is searched, sorted by `name` or `clientCount`, or filtered by activity, tag or account manager never has them, and follows a change within moments. Several filters together all hold; a page can then have fewer companies than `limit` and go on all the same: go on until there is no `nextToken`. A search has its own order, that of the words that it finds.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "name",
            "Only the company with this name, exactly as it is written.",
        ),
        Parameter::flag(
            "isPlaceholder",
            "Only placeholder companies, or only the others.",
        ),
        Parameter::flag(
            "isActive",
            "Only companies that clients can join, or only the others.",
        ),
        Parameter::text("tag", "Only companies with this tag, whatever its case."),
        Parameter::text(
            "accountManagerId",
            "Only companies of this account manager.",
        ),
        Parameter::text(
            "search",
            "Only companies with words in the name that begin like each word of this, whatever their case and diacritics. Not together with `sort`.",
        ),
        Parameter::text(
            "sort",
            "`createdAt`, `name` or `clientCount`; with a hyphen before it (`-clientCount`) from the other end.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<CompanyView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of companies.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let filter = CompanyFilter {
        name: request.query("name").map(ToOwned::to_owned),
        is_placeholder: request.flag("isPlaceholder")?,
        within: caller.companies.clone(),
        is_active: request.flag("isActive")?,
        tag: request.query("tag").map(ToOwned::to_owned),
        account_manager_id: request.query_id("accountManagerId")?,
        search: request.search()?,
        sort: request.sort(SORTS)?.unwrap_or_default(),
    };
    refuse_unsortable(&filter, &request)?;
    let page = caller.store(app).companies(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |company| {
        CompanyView::shown(&company)
    })?))
}

/// A search yields the order of its words; and a placeholder has nothing to
/// search, filter or sort by but its creation.
fn refuse_unsortable(filter: &CompanyFilter, request: &Request) -> Result<(), Invalid> {
    if filter.search.is_some() && request.query("sort").is_some() {
        let message =
            "a search has an order of its own, that of the words it finds: leave sort out";
        return Err(Invalid::new("sort", "sort_unsupported", message));
    }
    let is_by_more = filter.is_active.is_some()
        || filter.tag.is_some()
        || filter.account_manager_id.is_some()
        || filter.search.is_some()
        || filter.sort.by != CompaniesBy::CreatedAt;
    if filter.is_placeholder == Some(true) && is_by_more {
        let message = "placeholder companies have no name, tags or account managers: they are listed by createdAt only";
        return Err(Invalid::new("isPlaceholder", "filter_unsupported", message));
    }
    Ok(())
}
