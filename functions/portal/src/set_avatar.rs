//! `PUT /portal/me/avatar`: a client sets its own picture.

use crate::avatar;
use portico_app::{App, Grant};
use portico_domain::ProfileView;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, picture, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::put("portal-set-avatar", "/portal/me/avatar")
    .needs_a_client()
    .with_a_picture();

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::GET,
    Grant::BATCH_GET,
    Grant::PUT,
    Grant::PUT_FILE,
    Grant::DELETE_FILE,
];

const OPERATION: Operation = Operation {
    summary: "Set the own picture",
    description: "The body is the picture itself, a JPG or PNG of at most 4.5 MB and 25 million pixels (8192 in each direction), by its content and not by its name. It is stood upright, made no larger than 512 × 512, and written anew without metadata. Its address cannot be guessed, needs no sign-in, and is another one for each picture.",
    query: &[],
    body: Some(picture),
    answer: Body::Json(schema::<ProfileView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sets the picture.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    request.if_match(&caller.client.profile())?;
    let picture = app.keep_picture(request.picture()?).await?;
    let changed = avatar::store(app, &request, &caller, Some(&picture)).await;
    if changed.is_err() {
        app.discard_picture(&picture).await;
    }
    Ok(ok(&changed?.profile()))
}
