//! `POST /v1/clients/{id}/restore`: brings an archived client back.

use crate::{get::find_itself, view::view};
use portico_app::{App, Grant};
use portico_domain::{ClientView, FieldEntity, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("clients-restore", "/v1/clients/{id}/restore").needs(Permission::DeleteClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT, Grant::UPDATE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Restore a client",
    description: "The client is as it was, in those of its companies that there still are. It says why it cannot be: its e-mail address belongs to another client by now, a company of it is not active, it was merged, or it was erased for good.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Restores a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find_itself(&workspace, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let companies = workspace.present_companies(&before.company_ids).await?;
        let fields = workspace.field_set(FieldEntity::Client).await?;
        let mark = workspace.address_mark(&before.email).await?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.restore(&mut change, &companies, &fields, mark.as_ref())?;
        let after = change.save_client(Some(&before), after);
        let answer = ok(&view(app, &caller, &after));
        match caller.commit(app, &change, answer).await {
            // It was deleted a moment ago: without it, then.
            Err(problem) if problem.has_code("company_unknown") => Err(Problem::stale()),
            done => done,
        }
    })
    .await
}
