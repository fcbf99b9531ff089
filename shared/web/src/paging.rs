//! Pages of lists: limits and page tokens.
//!
//! A page token is encrypted and authenticated, bound to the tenant, the
//! function and its filters, and good for 24 hours. So it tells nothing about
//! the keys in it and fits no other list.

use crate::{Caller, Problem, Request, Route};
use portico_app::App;
use portico_domain::{Invalid, Time};
use portico_store::{Page, PageRequest, Position};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1_000;
const LIFETIME: Duration = Duration::from_hours(24);

/// What a list's query says about pages.
#[derive(Debug)]
pub struct Paging {
    /// What to ask the store for.
    pub request: PageRequest,
    context: String,
}

/// A page as callers see it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}List")]
pub struct ListView<T> {
    /// What is in the page.
    pub data: Vec<T>,
    /// Where the list goes on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl<T> ListView<T> {
    /// A list that has one page.
    pub const fn complete(data: Vec<T>) -> Self {
        Self {
            data,
            next_token: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(rename = "p")]
    position: Position,
    #[serde(rename = "e")]
    expires_at: Time,
}

/// Parameters that can have several values.
const LISTS: &[&str] = &["eventType", "actorId"];

impl Paging {
    /// Reads `limit` and `nextToken`; `filters` are the query parameters that
    /// decide which list this is.
    pub fn read(
        app: &App,
        caller: &Caller,
        request: &Request,
        route: &Route,
        filters: &[&str],
    ) -> Result<Self, Problem> {
        let mut context = format!("{} {}", caller.workspace_id, route.name);
        for name in ["id"].iter().chain(filters) {
            if LISTS.contains(name) {
                let values = request.query_list(name).join(",");
                context = format!("{context}\n{name}={values}");
                continue;
            }
            once(request, name)?;
            let value = request.query(name).unwrap_or(request.path(name));
            context = format!("{context}\n{name}={value}");
        }
        // Whoever is limited to other companies has another list.
        for id in caller.companies.limit().into_iter().flatten() {
            context = format!("{context}\nwithin={id}");
        }
        Self::within(app, request, context)
    }

    /// The same for a list that is bound to whatever `context` names: in the
    /// portal that is the client and the company, and not only the tenant.
    pub fn within(app: &App, request: &Request, context: String) -> Result<Self, Problem> {
        once(request, "limit")?;
        once(request, "nextToken")?;
        let after = match request.query("nextToken") {
            None => None,
            Some(token) => Some(open(app, &context, token)?),
        };
        let request = PageRequest {
            limit: limit(request)?,
            after,
        };
        Ok(Self { request, context })
    }

    /// The page as callers see it.
    pub fn answer<T, V>(
        &self,
        app: &App,
        page: Page<T>,
        view: impl FnMut(T) -> V,
    ) -> Result<ListView<V>, Problem> {
        let next_token = match page.next {
            None => None,
            Some(position) => {
                let token = Token {
                    position,
                    expires_at: app.now() + LIFETIME,
                };
                let text = serde_json::to_vec(&token).map_err(|_| Problem::internal())?;
                Some(app.keys.page_token(&self.context, &text)?)
            }
        };
        Ok(ListView {
            data: page.items.into_iter().map(view).collect(),
            next_token,
        })
    }
}

fn open(app: &App, context: &str, token: &str) -> Result<Position, Problem> {
    let text = app
        .keys
        .read_page_token(context, token)
        .ok_or_else(Problem::page_token_invalid)?;
    let token: Token = serde_json::from_slice(&text).map_err(|_| Problem::page_token_invalid())?;
    if app.now() >= token.expires_at {
        return Err(Problem::page_token_expired());
    }
    Ok(token.position)
}

fn once(request: &Request, name: &str) -> Result<(), Invalid> {
    if request.repeats(name) {
        let message = format!("{name} is given more than once; this list takes one");
        return Err(Invalid::new(name, "parameter_repeated", message));
    }
    Ok(())
}

/// Programs written for the compatible API ask for up to 10 000 at once; they
/// get as many as there may be in one page, and the token for more.
fn limit(request: &Request) -> Result<u16, Invalid> {
    match request.query("limit").map(str::parse::<u64>) {
        None => Ok(DEFAULT_LIMIT),
        Some(Ok(limit @ 1..)) => Ok(u16::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
        Some(_) => Err(Invalid::new(
            "limit",
            "parameter_invalid",
            "limit is a whole number of 1 or more",
        )),
    }
}
