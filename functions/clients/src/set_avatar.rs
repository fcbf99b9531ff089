//! `PUT /v1/clients/{id}/avatar`: set the picture of a client.

use crate::{get::find, view::view};
use portico_app::{App, Grant};
use portico_domain::{ClientPatch, ClientView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, picture, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::put("clients-set-avatar", "/v1/clients/{id}/avatar")
    .needs(Permission::EditClients)
    .with_a_picture();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::PUT_FILE, Grant::DELETE_FILE];

const OPERATION: Operation = Operation {
    summary: "Set the picture of a client",
    description: "The body is the picture itself, a JPG or PNG of at most 4.5 MB and 25 million pixels (8192 in each direction), by its content and not by its name. It is stood upright, made no larger than 512 × 512, and written anew without metadata. Its address cannot be guessed, needs no key, and is another one for each picture.",
    query: &[],
    body: Some(picture),
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sets the picture.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let before = find(app, &caller, id).await?;
    request.if_match(&view(app, &caller, &before))?;
    let avatar = app.keep_picture(request.picture()?).await?;
    let changed = retry_stale(|| async {
        let before = find(app, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        let patch = ClientPatch {
            avatar: Some(Some(avatar.clone())),
            ..ClientPatch::default()
        };
        after.update(&mut change, patch);
        let after = change.save_client(Some(&before), after);
        let answer = ok(&view(app, &caller, &after));
        caller.commit(app, &change, answer).await
    })
    .await;
    if changed.is_err() {
        app.discard_picture(&avatar).await;
    }
    changed
}
