//! `POST /v1/clients/{id}/purge`: erases a client for good.

use crate::{get::find_itself, view::view};
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("clients-purge", "/v1/clients/{id}/purge").needs(Permission::DeleteClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT, Grant::UPDATE, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Erase a client for good",
    description: "Archived or not, nothing personal is left: name, address, password, companies and picture go at once, invitations and the contents of events within minutes. An id that leads nowhere stays. There is no way back.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Erases a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_itself(&workspace, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let open = workspace.open_invitation(&before).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.purge(&mut change, open.as_ref())?;
        // Those who were merged into it are the same person.
        for merged in workspace.clients_by_id(&before.merged_ids).await? {
            change.drop_picture(caller.workspace_id, merged.avatar.as_ref());
            let anonymous = merged.anonymous();
            change.save_client(Some(&merged), anonymous);
        }
        change.save_client(Some(&before), after);
        let answer = ok(&Deletion::new("client", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
