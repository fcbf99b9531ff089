//! `PUT /v1/clients/{id}`: replaces what is known of a client: fields that are
//! not given are cleared.
//!
//! The oldest SDKs send it to `/v1/client`, with the id in the body.

use crate::{
    companies::{self, Places},
    fields::ClientFields,
    get::find,
    view::view,
};
use portico_app::{App, Grant};
use portico_domain::{ClientId, ClientView, FieldEntity, Invalid, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body,
    check_account_managers, custom_values, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::put("clients-replace", "/v1/clients/{id}")
    .needs(Permission::EditClients)
    .also_at(&["/v1/client/{id}", "/v1/client"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Replace a client",
    description: "Needs both names. What is not given is cleared, companies and values of custom fields too; the e-mail address and the picture stay. `PATCH` changes only what is given.",
    query: &[],
    body: Some(schema::<ClientFields>),
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Replaces a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    if request.flag("sendInvite")?.unwrap_or(false) {
        let message = "replacing a client invites nobody; use PATCH, or POST /v1/invitations";
        return Err(Invalid::new("sendInvite", "parameter_unsupported", message).into());
    }
    let id: ClientId = match body::<ClientFields>(&request)?.id() {
        Some(id) if request.path("id").is_empty() => {
            id.parse().map_err(|_| Problem::not_found("client"))?
        }
        _ => request.path_id("client")?,
    };
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(app, &caller, id).await?;
        request.if_match(&view(app, &caller, &before))?;
        let mut fields = body::<ClientFields>(&request)?.whole()?;
        let (wanted, values) = (fields.take_companies()?, fields.custom_fields.take());
        let (email, keeps_email) = (fields.new_email(&before.email)?, fields.keeps_email()?);
        let mut patch = fields.into_patch(before.avatar.as_ref())?;
        let values =
            custom_values(&workspace, FieldEntity::Client, values.flatten().as_ref()).await?;
        patch.custom_fields = before.custom_fields.replacement(values);
        let managers = patch.account_manager_ids.as_deref().unwrap_or_default();
        check_account_managers(&workspace, &before.account_manager_ids, managers).await?;
        let mut change = caller.change(app);
        if let Some(wanted) = wanted {
            let places = Places {
                workspace: &workspace,
                settings: &caller.workspace,
                caller: &caller,
            };
            patch.company_ids = places.at_change(&mut change, &before, wanted).await?;
        }
        let mut after = before.clone();
        after.update(&mut change, patch);
        after.custom_fields.refuse_too_many()?;
        if keeps_email {
            after.keep_email(&mut change);
        }
        if let Some(email) = email {
            let open = workspace.open_invitation(&before).await?;
            let mark = workspace.address_mark(&email).await?;
            after.readdress(&mut change, (email, mark.as_ref()), open);
        }
        if after != before {
            after = change.save_client(Some(&before), after);
        }
        let answer = ok(&view(app, &caller, &after));
        companies::commit(app, &caller, &change, answer).await
    })
    .await
}
