//! `POST /v1/clients/{id}/merge`: merges a duplicate into another client.

use crate::{get::find_active, view::view};
use portico_app::{App, Grant};
use portico_domain::{ClientId, ClientView, Invalid, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("clients-merge", "/v1/clients/{id}/merge").needs(Permission::DeleteClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::UPDATE, Grant::DELETE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Merge a duplicate into another client",
    description: "The client in the path is the duplicate; the one in `into` stays and is answered. What that one has stays, what it lacks comes from the duplicate; companies, tags and account managers are united. The duplicate's id leads to it from now on, its address is free, its open invitation is cancelled, and it can no more sign in by itself: where it can and the other cannot, `endAccount` has to say that this is meant. Needs the permission `edit_clients` too. One event `client.merged` tells all of it; `client.deleted` tells under the duplicate's own id that it is gone.",
    query: &[],
    body: Some(schema::<Merge>),
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Into whom a client shall be merged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Merge {
    /// The client who stays.
    into: String,
    /// That the duplicate's account may end although the other client has none;
    /// false unless given.
    #[serde(default)]
    end_account: bool,
}

/// Merges a client into another one.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: ClientId = request.path_id("client")?;
    // The client who stays is changed.
    caller.require(Permission::EditClients)?;
    let Merge { into, end_account } = body(&request)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let duplicate = find_active(&workspace, &caller, id).await?;
        request.if_match(&view(app, &caller, &duplicate))?;
        let survivor = match into.parse() {
            Ok(id) => caller.client(app, id).await?,
            Err(_) => None,
        };
        let survivor = survivor.ok_or_else(|| unknown(&into))?;
        let open = workspace.open_invitation(&duplicate).await?;
        let mut change = caller.change(app);
        let (mut gone, mut after) = (duplicate.clone(), survivor.clone());
        after.absorb(&mut change, &mut gone, open.as_ref(), end_account)?;
        change.save_client(Some(&duplicate), gone);
        let after = change.save_client(Some(&survivor), after);
        let answer = ok(&view(app, &caller, &after));
        caller.commit(app, &change, answer).await
    })
    .await
}

fn unknown(id: &str) -> Problem {
    let message = format!("there is no client {id:?} in this workspace");
    Invalid::new("into", "client_unknown", message).into()
}
