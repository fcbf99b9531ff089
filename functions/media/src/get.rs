//! `GET /media/{name}`: load a picture.

use portico_app::{App, Grant};
use portico_files::picture::Kind;
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, immutable};

/// What this function answers to.
pub const ROUTE: Route = Route::get("media-get", "/media/{name}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET_FILE];

const OPERATION: Operation = Operation {
    summary: "Load a picture",
    description: "What `avatarImageUrl` and `iconImageUrl` lead to. A picture never changes under its address, so browsers may keep it.",
    query: &[],
    body: None,
    answer: Body::Picture,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a picture.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let name = request.path("name");
    let kind = kind_of(name).ok_or_else(|| Problem::not_found("picture"))?;
    let bytes = app.files.get(name).await?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("picture"))?;
    Ok(immutable(kind.media_type(), bytes))
}

/// The form that a name promises; `None` if no picture can have this name.
fn kind_of(name: &str) -> Option<Kind> {
    let (stem, extension) = name.split_once('.')?;
    let is_ours = stem.len() == 40 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut kinds = Kind::ALL.into_iter();
    kinds.find(|kind| is_ours && kind.extension() == extension)
}
