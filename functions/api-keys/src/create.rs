//! `POST /v1/api-keys`: makes an API key of the caller.

use crate::fields::{ApiKeyFields, refuse_more};
use portico_app::{App, Grant};
use portico_domain::{ApiKey, ApiKeyView, InternalUser, InternalUserId, Invalid, Permission};
use portico_keys::new_api_key;
use portico_web::{
    Body, Caller, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body,
    created, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("api-keys-create", "/v1/api-keys").needs(Permission::ManageApiKeys);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Make an API key",
    description: "The answer shows the key, this once. It belongs to the caller, or to the internal user with `ownerId`, and never allows more than its owner may at that moment. A key cannot make one that allows more, lives longer or may ask more often than itself (`key_exceeds_caller`). Nobody can make one for whoever may do more than they, nor one with `*` for anybody else.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<ApiKeyFields>),
    answer: Body::Created(schema::<ApiKeyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Makes a key.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let fields: ApiKeyFields = body(&request)?;
    let owner = owner(app, &caller, fields.owner()).await?;
    let fields = fields.into_new(app.now())?;
    let mut change = caller.change(app);
    let id = change.moment.id();
    let new = new_api_key(caller.workspace_id, owner, id)?;
    let key = ApiKey::new(id, caller.workspace_id, owner, new.hash, app.now()).with(fields);
    refuse_more(&caller, &key)?;
    let key = key.create(&mut change);
    let answer = created(&key.view_with(new.text.expose()));
    caller.commit(app, &change, answer).await
}

/// Whose key it is: the caller's own, or that of a member who may do no more.
async fn owner(
    app: &App,
    caller: &Caller,
    given: Option<InternalUserId>,
) -> Result<InternalUserId, Problem> {
    let own = caller.user.as_ref().map(|user| user.id);
    let Some(id) = given.filter(|given| own != Some(*given)) else {
        return own.ok_or_else(Problem::member_required);
    };
    let member = caller.store(app).internal_user(id).await?;
    let member = member.filter(InternalUser::is_member).ok_or_else(|| {
        let message = format!("there is no internal user {id} in this workspace");
        Invalid::new("ownerId", "internal_user_unknown", message)
    })?;
    caller.require_role(app, member.role).await?;
    Ok(id)
}
