//! `DELETE /v1/clients/{id}/avatar`: take the picture of a client away.

use crate::{get::find, view::view};
use portico_app::{App, Grant};
use portico_domain::{ClientPatch, ClientView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::delete("clients-clear-avatar", "/v1/clients/{id}/avatar").needs(Permission::EditClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Take the picture of a client away",
    description: "The client is shown by its initials again. A client without a picture stays as it is.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Takes the picture away.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    retry_stale(|| async {
        let before = find(app, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let patch = ClientPatch {
            avatar: Some(None),
            ..ClientPatch::default()
        };
        after.update(&mut change, patch);
        if after == before {
            return Ok(ok(&view(app, &caller, &before)));
        }
        let after = change.save_client(Some(&before), after);
        let answer = ok(&view(app, &caller, &after));
        caller.commit(app, &change, answer).await
    })
    .await
}
