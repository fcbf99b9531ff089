//! `DELETE /v1/services/{id}`: deletes a service; what was asked for stays.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("services-delete", "/v1/services/{id}")
    .needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Delete a service",
    description: "Its name can be used again at once. Companies that name it in `serviceIds` keep its id, which stands for nothing any more.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Deletes the service.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let id = request.path_id("service")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        before.delete(&mut change);
        let answer = ok(&Deletion::new("service", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
