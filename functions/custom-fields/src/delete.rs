//! `DELETE /v1/custom-fields/{id}`: deletes a field with all its values.

use crate::find;
use portico_app::{App, Grant};
use portico_domain::{CustomFieldView, Permission};
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("custom-fields-delete", "/v1/custom-fields/{id}")
    .needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Delete a custom field",
    description: "No value can be written any more. The values that there are are cleared for good in the background, from a minute later on.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Deletes the field.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let id = request.path_id("custom field")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&CustomFieldView::of(&before, id))?;
        let mut after = before.clone();
        let mut change = caller.change(app);
        after.delete(&mut change, id);
        change.save_field_set(&before, after);
        let answer = ok(&Deletion::new("customField", &id));
        caller.commit(app, &change, answer).await
    })
    .await
}
